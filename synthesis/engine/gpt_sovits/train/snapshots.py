"""The state of a training as bytes in a scratch, so that a killed one goes on where it was. Tensors only; nothing is pickled.

It is handed over in parts of some megabytes, so that sealing it needs no second copy of it in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse
from safetensors.torch import save as dump
from torch import Tensor, nn

from synthesis.engine.protocol import Scratch

PART_BYTES: Final = 32 * 2**20
_FORMAT: Final = 2


@dataclass(frozen=True)
class Snapshot:
    """Where a training stands.

    Attributes:
        tensors: parameters and moments by name.
        facts: plain values: step, losses, what the training was started with.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def save(scratch: Scratch, name: str, snapshot: Snapshot) -> None:
    """Replace what is kept under ``name``; at no moment is there half of one."""
    scratch.save(name, _parts(snapshot))


def load(scratch: Scratch, name: str) -> Snapshot | None:
    """What is kept under ``name``; None when there is none that can be read, and the training begins anew."""
    parts = scratch.load(name)
    if parts is None:
        return None
    try:
        facts = json.loads(next(parts))
        if facts.pop("format") != _FORMAT:
            return None
        tensors: dict[str, Tensor] = {}
        for part in parts:
            tensors |= parse(part)
    except (SafetensorError, StopIteration, KeyError, ValueError, TypeError, AttributeError):
        return None
    return Snapshot(tensors, facts)


def _parts(snapshot: Snapshot) -> Iterator[bytes]:
    yield json.dumps({"format": _FORMAT, **snapshot.facts}, sort_keys=True).encode()
    waiting: dict[str, Tensor] = {}
    size = 0
    for name, tensor in snapshot.tensors.items():
        waiting[name] = tensor.detach().cpu().contiguous()
        size += tensor.numel() * tensor.element_size()
        if size >= PART_BYTES:
            yield dump(waiting)
            waiting, size = {}, 0
    if waiting:
        yield dump(waiting)


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
