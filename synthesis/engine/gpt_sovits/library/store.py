"""Model sets in the models folder: ``<name>/set.json`` beside one folder per part, all digests written down."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from safetensors.numpy import save

from synthesis.engine.gpt_sovits.checkpoints import convert, read_checkpoint
from synthesis.engine.gpt_sovits.library.errors import ModelError
from synthesis.engine.gpt_sovits.library.fetch import Progress
from synthesis.engine.gpt_sovits.library.names import inside, relative, set_name
from synthesis.engine.gpt_sovits.library.pins import MAX_FILE, Pin, pin_of
from synthesis.engine.gpt_sovits.library.recognise import Parts

FORMAT: Final = 1
_SET: Final = "set.json"
_PLAIN: Final = (".json", ".txt", ".onnx", ".rep")


@dataclass(frozen=True)
class ModelSet:
    """A set that is there.

    Attributes:
        version: ``v1`` to ``v2ProPlus``.
        parts: folder of each part by role: ``t2s``, ``sovits``, and where given ``hubert``, ``bert``, ``sv``, ``g2pw``,
            ``discriminator``.
        files: digests of all files of the set, paths relative to its folder.
        sources: digests of the files it was made from; a pin file for other machines.
    """

    name: str
    version: str
    folder: Path
    parts: dict[str, Path]
    files: tuple[Pin, ...]
    sources: tuple[Pin, ...]


def add(
    parts: Parts,
    models: Path,
    name: str,
    *,
    source: Path,
    replace: bool = False,
    follow_links: bool = False,
    progress: Progress | None = None,
) -> ModelSet:
    """Convert the parts into a set of that name.

    Checkpoints become safetensors with a manifest, the transformers' weights safetensors; of other files only tables and
    ONNX are copied, never code. The set appears whole, by renaming, or not at all.

    Args:
        models: the models folder, made if need be.
        source: folder that the parts were found in.
        replace: take the place of a set of this name.

    Raises:
        ModelError: ``model_name``, ``model_exists``, ``model_incomplete``, ``model_path``.
        CheckpointError: for a file that will not do.
    """
    target = models / set_name(name)
    if target.exists() and not replace:
        raise ModelError("model_exists", f"There is a set {name!r}; --replace puts this one in its place.")
    models.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".adding-", dir=models))
    try:
        sources = _fill(parts, staging, source, follow_links, progress)
        files = [
            pin_of(path, path.relative_to(staging).as_posix()) for path in sorted(staging.rglob("*")) if path.is_file()
        ]
        roles = sorted({*parts.files, *parts.folders})
        document = {
            "format": FORMAT,
            "engine": "gpt-sovits",
            "version": parts.version,
            "parts": roles,
            "files": [asdict(pin) for pin in files],
            "sources": [asdict(pin) for pin in sources],
        }
        (staging / _SET).write_text(json.dumps(document, indent=1) + "\n", "utf-8")
        staging.chmod(0o755)
        _swap(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return resolve(models, name)


def listed(models: Path) -> list[ModelSet]:
    """The sets that are there, by name; folders without a readable description are left out."""
    found = []
    for path in sorted(models.iterdir()) if models.is_dir() else ():
        if (path / _SET).is_file():
            with suppress(ModelError):
                found.append(resolve(models, path.name))
    return found


def resolve(models: Path, name: str) -> ModelSet:
    """The set of that name; digests are not recomputed (``verify`` does, and the loader for each checkpoint).

    Raises:
        ModelError: ``model_unknown``, ``model_name``, ``model_incomplete``.
    """
    folder = models / set_name(name)
    if not (folder / _SET).is_file():
        raise ModelError("model_unknown", f"There is no set {name!r}.")
    try:
        document = json.loads((folder / _SET).read_bytes())
        if document["format"] != FORMAT:
            raise ModelError("model_incomplete", f"The set {name!r} is of another format.")
        parts = {str(role): folder / relative(str(role)) for role in document["parts"]}
        files, sources = (_pins(document[key]) for key in ("files", "sources"))
        return ModelSet(name, str(document["version"]), folder, parts, files, sources)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError("model_incomplete", f"The description of {name!r} cannot be read.") from error


def verify(found: ModelSet, progress: Progress | None = None) -> list[str]:
    """Recompute every digest; returns what is wrong, one sentence each, nothing when all is well."""
    wrong = []
    for pin in found.files:
        path = found.folder / relative(pin.path)
        if path.is_symlink() or not path.is_file():
            wrong.append(f"{pin.path} is missing.")
        elif path.stat().st_size != pin.size:
            wrong.append(f"{pin.path} has {path.stat().st_size} bytes instead of {pin.size}.")
        elif pin_of(path, pin.path).sha256 != pin.sha256:
            wrong.append(f"{pin.path} has another SHA-256.")
        if progress:
            progress(pin.path, pin.size, pin.size)
    known = {_SET, *(pin.path for pin in found.files)}
    present = {path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*") if not path.is_dir()}
    return wrong + [f"{name} does not belong to the set." for name in sorted(present - known)]


def _pins(entries: Sequence[Any]) -> tuple[Pin, ...]:
    return tuple(Pin(relative(entry["path"]), int(entry["size"]), str(entry["sha256"])) for entry in entries)


def _fill(parts: Parts, staging: Path, source: Path, follow_links: bool, progress: Progress | None) -> list[Pin]:
    sources = []
    for role, path in parts.files.items():
        convert(path, staging / role)
        sources.append(_source(path, source))
        _tell(progress, sources[-1])
    for role, folder in parts.folders.items():
        (staging / role).mkdir()
        for path in sorted(folder.iterdir()):
            taken = path.suffix in _PLAIN or path.name in ("pytorch_model.bin", "model.safetensors")
            if not taken or (path.name == "pytorch_model.bin" and (folder / "model.safetensors").exists()):
                continue
            inside(source if path.is_relative_to(source) else folder, path, follow_links=follow_links)
            _take(path, staging / role)
            sources.append(_source(path, source))
            _tell(progress, sources[-1])
    return sources


def _take(path: Path, folder: Path) -> None:
    """Copy a table, or convert the weights of a transformer without running them."""
    if path.stat().st_size > MAX_FILE:
        raise ModelError("model_too_large", f"{path} has more than {MAX_FILE} bytes.")
    if path.name == "pytorch_model.bin":
        data = save(dict(read_checkpoint(path).tensors), metadata={"format": "pt"})
        (folder / "model.safetensors").write_bytes(data)
    else:
        shutil.copyfile(path, folder / path.name)


def _source(path: Path, folder: Path) -> Pin:
    name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
    return pin_of(path, relative(name))


def _tell(progress: Progress | None, pin: Pin) -> None:
    if progress:
        progress(pin.path, pin.size, pin.size)


def _swap(staging: Path, target: Path) -> None:
    """Put the new set in place of the old one, which is kept until then."""
    if not target.exists():
        staging.replace(target)
        return
    old = target.with_name(f".replaced-{target.name}-{os.getpid()}")
    target.replace(old)
    try:
        staging.replace(target)
    except OSError:
        old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
