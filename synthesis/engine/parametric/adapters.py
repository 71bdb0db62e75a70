"""Low-rank adapters: how one voice differs from the base network, small enough to keep with the voice.

Convolutions get a low-rank addition (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models"); biases, the
output layer and the phone embedding get a full one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parametrize

from synthesis.engine.parametric.acoustic import AcousticNet

RANK: Final = 16
_FULL: Final = ("out.weight", "out.bias", "phone.weight")


class _LowRank(nn.Module):
    """Adds ``up @ down`` to a weight; zero at the start."""

    def __init__(self, weight: Tensor, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        self.shape = weight.shape
        self.down = nn.Parameter(torch.randn(rank, columns, generator=generator) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + (self.up @ self.down).reshape(self.shape)


class _Addition(nn.Module):
    """Adds a tensor to a parameter; zero at the start."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.delta = nn.Parameter(torch.zeros_like(weight))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.delta


def _targets(net: AcousticNet) -> list[tuple[str, nn.Module, str]]:
    """Name, owner module and attribute of each adapted parameter."""
    found: list[tuple[str, nn.Module, str]] = []
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv1d):
            found.extend((f"{name}.{kind}", module, kind) for kind in ("weight", "bias"))
    found.append(("phone.weight", net.phone, "weight"))
    return found


def attach(base: AcousticNet, seed: int, rank: int = RANK) -> AcousticNet:
    """A copy of ``base`` in which only fresh adapters learn."""
    net = copy.deepcopy(base)
    generator = torch.Generator().manual_seed(seed)
    net.requires_grad_(False)
    for name, module, kind in _targets(net):
        weight = getattr(module, kind)
        full = kind == "bias" or name in _FULL
        addition = _Addition(weight) if full else _LowRank(weight, rank, generator)
        parametrize.register_parametrization(module, kind, addition)
    return net


def parameters(net: AcousticNet) -> list[nn.Parameter]:
    """The adapters' parameters of an attached network."""
    return [parameter for parameter in net.parameters() if parameter.requires_grad]


def export(net: AcousticNet) -> dict[str, NDArray[Any]]:
    """Adapter arrays of an attached network, float16, by parameter name with a suffix."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, module, kind in _targets(net):
        parametrizations = cast(nn.ModuleDict, module.parametrizations)
        addition = cast(nn.ModuleList, parametrizations[kind])[0]
        for suffix, parameter in addition.named_parameters():
            arrays[f"{name}.{suffix}"] = parameter.detach().numpy().astype(np.float16)
    return arrays


def apply(base: AcousticNet, arrays: Mapping[str, NDArray[Any]]) -> AcousticNet:
    """A copy of ``base`` with exported adapters merged into its weights.

    Raises:
        ValueError: when an array is missing or has another shape.
    """
    net = copy.deepcopy(base)
    with torch.no_grad():
        for name, module, kind in _targets(net):
            weight = getattr(module, kind)
            try:
                if f"{name}.delta" in arrays:
                    delta = _tensor(arrays[f"{name}.delta"])
                else:
                    delta = (_tensor(arrays[f"{name}.up"]) @ _tensor(arrays[f"{name}.down"])).reshape(weight.shape)
            except (KeyError, RuntimeError) as error:
                raise ValueError(f"the adapter of {name} is missing or misshapen") from error
            if delta.shape != weight.shape:
                raise ValueError(f"the adapter of {name} has shape {tuple(delta.shape)}")
            weight.add_(delta)
    return net.eval()


def _tensor(array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.asarray(array, dtype=np.float32).copy())
