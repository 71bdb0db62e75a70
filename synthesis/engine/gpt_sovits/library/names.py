"""Names of sets and of files in them: short, plain, and unable to lead anywhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from synthesis.engine.gpt_sovits.library.errors import ModelError

_SET: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=+-]{0,120}")
_MAX_DEPTH: Final = 8


def set_name(name: str) -> str:
    """The name, checked.

    Raises:
        ModelError: ``model_name``.
    """
    if not _SET.fullmatch(name) or ".." in name:
        raise ModelError("model_name", "A set's name has up to 64 of a-z, 0-9, dot, dash and underscore.")
    return name


def relative(path: str) -> str:
    """A file's path within a set, with forward slashes, checked.

    Raises:
        ModelError: ``model_path`` for absolute paths, ``..``, backslashes, control characters and anything odd.
    """
    parts = path.split("/")
    if len(parts) > _MAX_DEPTH or not all(_PART.fullmatch(part) for part in parts):
        raise ModelError("model_path", f"The path {path[:80]!r} is not plain and relative.")
    return path


def inside(folder: Path, path: Path, *, follow_links: bool) -> Path:
    """``path`` itself when it is a regular file in ``folder``.

    Raises:
        ModelError: ``model_path`` when it, or a folder on the way, is a link that leads out of ``folder``, unless links are
            to be followed; ``model_incomplete`` when there is no such file.
    """
    try:
        real, root = path.resolve(strict=True), folder.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise ModelError("model_incomplete", f"There is no file {path}.") from error
    if not follow_links and not real.is_relative_to(root):
        raise ModelError("model_path", f"{path} is a link out of its folder; --follow-links takes it all the same.")
    if not real.is_file():
        raise ModelError("model_incomplete", f"{path} is not a regular file.")
    return path
