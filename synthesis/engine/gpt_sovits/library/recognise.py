"""Which files of a folder make up a set: by what is in them, and by upstream's names only where several would do."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from synthesis.engine.gpt_sovits.checkpoints.reader import read_checkpoint
from synthesis.engine.gpt_sovits.checkpoints.versions import Kind, detect
from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.library.errors import ModelError
from synthesis.engine.gpt_sovits.library.names import inside
from synthesis.engine.gpt_sovits.library.official import VERSIONS, Role

_MAX_FILES: Final = 5_000
_MAX_DEPTH: Final = 6
_FOLDERS: Final[dict[str, Role]] = {"hubert": "hubert", "bert": "bert"}
_ENDINGS: Final = (".ckpt", ".pth")


@dataclass(frozen=True)
class Parts:
    """What a set is made of: checkpoints by role, folders by role, and the version they make up."""

    version: str
    files: Mapping[Role, Path]
    folders: Mapping[Role, Path] = field(default_factory=dict)


def recognise(
    folder: Path,
    *,
    version: str | None = None,
    t2s: Path | None = None,
    sovits: Path | None = None,
    follow_links: bool = False,
) -> Parts:
    """Find the parts below ``folder``.

    Args:
        version: one of ``VERSIONS``: take upstream's released files of that version where there are several.
        t2s, sovits: take these files, such as somebody's fine-tuned ones.

    Raises:
        ModelError: ``model_incomplete`` naming what is missing or what there is to choose from; ``model_path``.
        CheckpointError: for a named file that cannot be read.
    """
    if not folder.is_dir():
        raise ModelError("model_unknown", f"There is no folder {folder}.")
    checkpoints, folders = _walk(folder, follow_links)
    released = {item.path: item.role for item in VERSIONS.get(version or "", ())}
    chosen: dict[Role, Path] = {}
    for path in checkpoints:
        name = path.relative_to(folder).as_posix()
        role = next((role for known, role in released.items() if name == known or name.endswith("/" + known)), None)
        if role:
            chosen.setdefault(role, path)
    chosen |= {role: path for role, path in (("t2s", t2s), ("sovits", sovits)) if path}  # type: ignore[misc]
    if version is None or not {"t2s", "sovits"} <= chosen.keys():
        chosen = _by_content(checkpoints, chosen)
    kinds: dict[Role, Kind] = {role: _kind(path) for role, path in chosen.items()}
    return Parts(_version(kinds), chosen, folders)


def _walk(folder: Path, follow_links: bool) -> tuple[list[Path], dict[Role, Path]]:
    checkpoints: list[Path] = []
    folders: dict[Role, Path] = {}
    count = 0
    for root, below, names in os.walk(folder, followlinks=False):
        place = Path(root)
        if len(place.relative_to(folder).parts) >= _MAX_DEPTH:
            below.clear()
        below.sort()
        count += len(names)
        if count > _MAX_FILES:
            raise ModelError("model_too_large", f"{folder} holds more than {_MAX_FILES} files.")
        found = (place / name for name in sorted(names) if name.endswith(_ENDINGS))
        checkpoints += [inside(folder, path, follow_links=follow_links) for path in found]
        if "g2pW.onnx" in names:
            folders.setdefault("g2pw", place)
        if "config.json" in names and (
            role := _transformer(inside(folder, place / "config.json", follow_links=follow_links))
        ):
            folders.setdefault(role, place)
    return checkpoints, folders


def _transformer(config: Path) -> Role | None:
    try:
        if config.stat().st_size > 2**20:
            return None
        kind = json.loads(config.read_bytes()).get("model_type")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return _FOLDERS.get(kind)


def _by_content(checkpoints: list[Path], chosen: dict[Role, Path]) -> dict[Role, Path]:
    found: dict[Role, list[Path]] = {}
    for path in checkpoints:
        try:
            kind = _kind(path)
        except CheckpointError:
            continue  # other programs' files, v3 and v4 lie about in such folders
        found.setdefault(_role(kind), []).append(path)
    for role, paths in found.items():
        if role not in chosen and len(paths) == 1:
            chosen[role] = paths[0]
    for role, option in (("t2s", "--t2s"), ("sovits", "--sovits")):
        if role not in chosen:
            names = ", ".join(str(path) for path in found.get(role, ())[:6])
            several = f"there are {names}: name one with {option} or --version" if names else "there is none"
            raise ModelError("model_incomplete", f"No single {role} checkpoint: {several}.")
    return chosen


def _kind(path: Path) -> Kind:
    checkpoint = read_checkpoint(path)
    model = checkpoint.config.get("model")
    version = str(model.get("version", "")) if isinstance(model, dict) else ""
    return detect({name: array.shape for name, array in checkpoint.tensors.items()}, config_version=version)


def _role(kind: Kind) -> Role:
    roles: dict[str, Role] = {"s1": "t2s", "sv": "sv", "s2-discriminator": "discriminator"}
    return roles.get(kind, "sovits")


def _version(kinds: Mapping[Role, Kind]) -> str:
    for role, kind in kinds.items():
        if _role(kind) != role:
            raise ModelError("model_type", f"The file given as {role} is {kind}.")
    version = kinds["sovits"].removeprefix("s2-")
    if version in ("v2Pro", "v2ProPlus") and "sv" not in kinds:
        raise ModelError("model_incomplete", f"{version} needs the speaker model pretrained_eres2netv2w24s4ep4.ckpt.")
    return version
