"""Better models that an operator brings: one JSON file names them, with the digest of every file, and they are checked before use.

    {"recognisers": [{"languages": ["de", "fr"],
                      "factory": "safeguards.challenge.whisper:open_folder",
                      "folder": "/srv/models/whisper-small",
                      "files": {"model.bin": "<sha256>", "config.json": "<sha256>", "tokenizer.json": "<sha256>"},
                      "options": {"version": "whisper-small"}}],
     "speaker": {"factory": "safeguards.speaker.onnx_encoder:open_folder", "folder": ..., "files": ...},
     "detector": {"factory": "safeguards.detector.onnx_detector:open_folder", "folder": ..., "files": ...,
                  "options": {"technique": "..."}}}

Reading the file loads no model: each is made when it is first needed. A folder with a file that is missing, changed, linked
elsewhere or not named is refused whole. Error rates of a brought model come from the ``measured.json`` of its folder, or are not shown.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safeguards import measured
from safeguards.challenge import recognisers
from safeguards.detector import brought as detector
from safeguards.speaker import brought as speaker

MAX_FILE_BYTES: Final = 1_000_000
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class InstalledError(Exception):
    """The operator's file, or a model it names, is not as it should be. The message names the file."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Brought(_Strict):
    """One model folder and what opens it."""

    factory: str = Field(pattern=f"^{_FACTORY.pattern}$")
    folder: Path
    files: Mapping[str, str] = Field(min_length=1)
    options: Mapping[str, Any] = Field(default_factory=dict)

    def checked(self, name: str) -> Path | None:
        """A small file of the folder, as pinned; None where the list does not name it.

        Raises:
            InstalledError: it is missing, changed or a link.
        """
        if name not in self.files:
            return None
        _check_file(self.folder, name, self.files[name])
        return self.folder / name

    def open(self) -> Any:
        """Check every file, then let the factory open the folder.

        Raises:
            InstalledError: a file is missing, changed, linked or surplus; or the factory cannot be found.
        """
        _check(self.folder, self.files)
        module, _, name = self.factory.partition(":")
        try:
            factory: Callable[..., Any] = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise InstalledError(f"There is no {self.factory}; install the package that brings it.") from error
        return factory(self.folder, **self.options)


class BroughtRecogniser(Brought):
    """A speech recogniser for challenges in other languages than English."""

    languages: tuple[str, ...] = Field(min_length=1)


class Installed(_Strict):
    """All models that an operator brings."""

    recognisers: tuple[BroughtRecogniser, ...] = ()
    speaker: Brought | None = None
    detector: Brought | None = None


def read(path: Path) -> Installed:
    """The operator's file.

    Raises:
        InstalledError: it cannot be read, is too large, or says something unknown.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InstalledError(f"{path} is larger than {MAX_FILE_BYTES} bytes.")
        return Installed.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InstalledError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InstalledError(f"{path}: {where}: {first['msg']}.") from error


def register(found: Installed) -> None:
    """Make the models known to the checks; none is opened yet."""
    for brought in found.recognisers:
        opened = partial(_once, brought, [])
        for language in brought.languages:
            recognisers.register_maker(language, opened)
    if found.speaker is not None:
        speaker.register_maker(found.speaker.open)
        for check, rates in (("speaker", "measured.json"), ("consistency", "measured_consistency.json")):
            measured.replace(check, found.speaker.checked(rates), found.speaker.checked("calibration.json"))
    if found.detector is not None:
        detector.register_maker(found.detector.open)
        measured.replace("detector", found.detector.checked("measured.json"), found.detector.checked("card.json"))


def _once(brought: Brought, kept: list[Any]) -> Any:
    """Several languages of one folder share one model."""
    if not kept:
        kept.append(brought.open())
    return kept[0]


def _check(folder: Path, files: Mapping[str, str]) -> None:
    if not folder.is_dir():
        raise InstalledError(f"There is no folder {folder}.")
    present = {entry.relative_to(folder).as_posix() for entry in folder.rglob("*") if not entry.is_dir()}
    if surplus := sorted(present - files.keys()):
        raise InstalledError(f"{folder} holds {surplus[0]}, which its list of files does not name.")
    for name, digest in files.items():
        _check_file(folder, name, digest)


def _check_file(folder: Path, name: str, digest: str) -> None:
    path = folder / name
    if not _DIGEST.fullmatch(digest):
        raise InstalledError(f"The digest of {name} is not 64 lower-case hexadecimal digits.")
    if not path.is_file() or path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
        raise InstalledError(f"{folder} lacks the plain file {name}.")
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
            raise InstalledError(f"The digest of {path} is not the pinned one.")
