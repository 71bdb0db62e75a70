"""Trained parts to the released files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import nn

from synthesis.engine.parametric.batches import Normaliser, speaker_statistics
from synthesis.engine.parametric.reading import Reading

_AXES = 16
_SHRINK = 0.9


def half(module: nn.Module, prefix: str) -> dict[str, NDArray[Any]]:
    """Weights of a network as float16 arrays under ``prefix``."""
    return {prefix + name: value.detach().numpy().astype(np.float16) for name, value in module.state_dict().items()}


def speaker_axes(speakers: Sequence[Sequence[Reading]], normaliser: Normaliser) -> NDArray[np.float32]:
    """Principal axes of normalised speaker statistics, each scaled by its deviation, ``[16, 123]``."""
    table = np.stack([normaliser.speaker(speaker_statistics(readings)) for readings in speakers])
    _, singular, axes = np.linalg.svd(table - table.mean(0), full_matrices=False)
    scale = _SHRINK * singular[:_AXES] / np.sqrt(len(table))
    return np.asarray(axes[:_AXES] * scale[:, None], dtype=np.float32)


def global_variance(speakers: Sequence[Sequence[Reading]]) -> NDArray[np.float32]:
    """Mean variance of cepstra within a reading's speech, speakers alike, ``[40]``."""
    per_speaker = [
        np.mean([reading.cepstrum[reading.speech].var(0) for reading in readings if reading.speech.sum() > 100], axis=0)
        for readings in speakers
        if any(reading.speech.sum() > 100 for reading in readings)
    ]
    return np.asarray(np.mean(per_speaker, axis=0), dtype=np.float32)


def write(folder: Path, files: Mapping[str, Mapping[str, NDArray[Any]]], facts: Mapping[str, Any]) -> None:
    """Write the weights files and the manifest with their digests; files not named here keep their entry."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "manifest.json"
    manifest: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"files": {}}
    for name, arrays in files.items():
        data = save({key: np.ascontiguousarray(value) for key, value in arrays.items()})
        (folder / name).write_bytes(data)
        manifest["files"][name] = hashlib.sha256(data).hexdigest()
    manifest.update(facts)
    path.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", "utf-8")
