"""Checkpoints as safetensors with a manifest, and back, digests verified.

Weights keep upstream's names and number format, so that a conversion loses nothing and can be traced to its source.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from synthesis.engine.gpt_sovits.checkpoints.reader import read_checkpoint
from synthesis.engine.gpt_sovits.checkpoints.versions import KINDS, Kind, detect
from synthesis.engine.gpt_sovits.errors import CheckpointError

FORMAT: Final = 1
_WEIGHTS: Final = "weights.safetensors"
_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST: Final = 2**20
_MAX_WEIGHTS: Final = 2**31


@dataclass(frozen=True)
class Manifest:
    """What a converted folder says about itself.

    Attributes:
        kind: model, as found by names and shapes.
        sha256: of the safetensors file; ``size`` in bytes.
        source_sha256: of the checkpoint that was converted.
        info: the trainer's free text.
        config: the checkpoint's plain configuration.
    """

    kind: Kind
    sha256: str
    size: int
    source_sha256: str
    info: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class StoredWeights:
    """Verified weights: arrays by upstream's names, and their manifest."""

    manifest: Manifest
    tensors: Mapping[str, NDArray[Any]]


def convert(source: Path, folder: Path) -> Manifest:
    """Convert a foreign checkpoint into ``folder`` (made if need be) and return its manifest.

    Both files are put in place by renaming, weights first, so that a folder with a manifest is complete.

    Raises:
        CheckpointError: for a file that ``read_checkpoint`` or ``detect`` refuses.
    """
    checkpoint = read_checkpoint(source)
    shapes = {name: array.shape for name, array in checkpoint.tensors.items()}
    kind = detect(shapes, config_version=_version(checkpoint.config))
    return keep(
        folder,
        checkpoint.tensors,
        kind=kind,
        config=checkpoint.config,
        info=checkpoint.info,
        source_sha256=checkpoint.sha256,
    )


def keep(
    folder: Path,
    tensors: Mapping[str, NDArray[Any]],
    *,
    kind: Kind,
    config: Mapping[str, Any],
    info: str,
    source_sha256: str,
) -> Manifest:
    """Put weights into ``folder`` (made if need be) and return their manifest; see ``convert`` for the order of writing.

    Args:
        tensors: by upstream's names.
        kind: which model.
        config: plain configuration.
        info: free text.
        source_sha256: of the checkpoint that they were made from.
    """
    data = save({name: np.ascontiguousarray(array) for name, array in tensors.items()})
    manifest = Manifest(kind, hashlib.sha256(data).hexdigest(), len(data), source_sha256, info, config)
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / _WEIGHTS, data)
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, indent=1, sort_keys=True)
    _replace(folder / _MANIFEST, text.encode())
    return manifest


def load_stored(folder: Path) -> StoredWeights:
    """Read a converted folder; size and SHA-256 are checked before the weights are parsed.

    Raises:
        CheckpointError: ``checkpoint_digest`` when the weights are not those of the manifest, ``checkpoint_unreadable``,
            ``checkpoint_not_finite``.
    """
    manifest = _read_manifest(folder / _MANIFEST)
    path = folder / _WEIGHTS
    try:
        if path.stat().st_size != manifest.size or manifest.size > _MAX_WEIGHTS:
            raise CheckpointError("checkpoint_digest", "The weights have another size than their manifest says.")
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError("checkpoint_unreadable", "The weights cannot be read.") from error
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise CheckpointError("checkpoint_digest", "The weights have another SHA-256 than their manifest says.")
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError("checkpoint_unreadable", "The weights are no safetensors file.") from error
    for name, array in tensors.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise CheckpointError("checkpoint_not_finite", f"The tensor {name[:80]!r} holds NaN or infinity.")
    return StoredWeights(manifest, tensors)


def _version(config: Mapping[str, Any]) -> str:
    model = config.get("model")
    return str(model.get("version", "")) if isinstance(model, dict) else ""


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(path)


def _read_manifest(path: Path) -> Manifest:
    try:
        if path.stat().st_size > _MAX_MANIFEST:
            raise CheckpointError("checkpoint_too_large", "The manifest is too large.")
        raw = json.loads(path.read_bytes())
        if raw["format"] != FORMAT or raw["kind"] not in KINDS or not isinstance(raw["config"], dict):
            raise CheckpointError("checkpoint_unreadable", "The manifest is of another format.")
        return Manifest(
            kind=cast(Kind, raw["kind"]),
            sha256=str(raw["sha256"]),
            size=int(raw["size"]),
            source_sha256=str(raw["source_sha256"]),
            info=str(raw["info"]),
            config=raw["config"],
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError("checkpoint_unreadable", "There is no readable manifest.") from error
