"""The state of a training on disk, so that a killed one goes on where it was. Tensors only; nothing is pickled."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

_FILE: Final = "training.safetensors"
_KEY: Final = "vivavoce.training"
_FORMAT: Final = 1


@dataclass(frozen=True)
class Snapshot:
    """Where a training stands.

    Attributes:
        tensors: parameters and moments by name.
        facts: plain values: step, losses, what the training was started with.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def save(folder: Path, snapshot: Snapshot) -> None:
    """Replace the snapshot of ``folder``; at no moment is there half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_FILE}.part"
    text = json.dumps({"format": _FORMAT, **snapshot.facts}, sort_keys=True)
    save_file(
        {name: tensor.detach().cpu().contiguous() for name, tensor in snapshot.tensors.items()}, partial, {_KEY: text}
    )
    with partial.open("rb") as handle:
        os.fsync(handle.fileno())
    partial.replace(folder / _FILE)


def load(folder: Path) -> Snapshot | None:
    """The snapshot of ``folder``; None when there is none that can be read, and the training begins anew."""
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as opened:
            facts = json.loads((opened.metadata() or {})[_KEY])
            if facts.pop("format") != _FORMAT:
                return None
            return Snapshot({name: opened.get_tensor(name) for name in opened.keys()}, facts)  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError, TypeError):
        return None


def drop(folder: Path) -> None:
    """Remove the snapshot."""
    (folder / _FILE).unlink(missing_ok=True)


def pack(prefix: str, model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Parameters and buffers of a model, and its optimiser's moments, by names below ``prefix``."""
    packed = {f"{prefix}.model.{name}": tensor for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for moment, value in optimiser.state.get(parameter, {}).items():
            packed[f"{prefix}.{moment}.{name}"] = value if isinstance(value, Tensor) else torch.tensor(value)
    return packed


def unpack(prefix: str, model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put ``pack``'s tensors back.

    Raises:
        KeyError, RuntimeError: when they are another model's.
    """
    start = f"{prefix}.model."
    model.load_state_dict({name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)})
    for name, parameter in model.named_parameters():
        moments = {
            moment: tensors[f"{prefix}.{moment}.{name}"].to(parameter.device if moment != "step" else "cpu")
            for moment in ("step", "exp_avg", "exp_avg_sq")
            if f"{prefix}.{moment}.{name}" in tensors
        }
        if moments:
            optimiser.state[parameter] = moments
