"""Weights of a checkpoint file or of a converted folder, whichever is at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors.numpy import save

from synthesis.engine.gpt_sovits.checkpoints import Kind, detect, load_stored, read_checkpoint
from synthesis.engine.gpt_sovits.errors import CheckpointError


@dataclass(frozen=True)
class Weights:
    """Weights by upstream's names.

    Attributes:
        kind: which model.
        tensors: arrays.
        config: the checkpoint's configuration.
        sha256: of the weights as safetensors, so that a checkpoint and what was converted from it have the same.
    """

    kind: Kind
    tensors: Mapping[str, NDArray[Any]]
    config: Mapping[str, Any]
    sha256: str


def read_weights(path: Path) -> Weights:
    """Weights of a converted folder or of a checkpoint file; neither is executed.

    Raises:
        CheckpointError: see ``load_stored`` and ``read_checkpoint``.
    """
    if path.is_dir():
        stored = load_stored(path)
        manifest = stored.manifest
        return Weights(manifest.kind, stored.tensors, manifest.config, manifest.sha256)
    try:
        checkpoint = read_checkpoint(path)
    except OSError as error:
        raise CheckpointError("checkpoint_unreadable", f"{path.name} cannot be read.") from error
    model = checkpoint.config.get("model")
    version = str(model.get("version", "")) if isinstance(model, dict) else ""
    kind = detect({name: array.shape for name, array in checkpoint.tensors.items()}, config_version=version)
    return Weights(kind, checkpoint.tensors, checkpoint.config, digest(checkpoint.tensors))


def digest(tensors: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of weights as a safetensors file."""
    return hashlib.sha256(save(dict(tensors))).hexdigest()
