"""Convolutions with weight normalisation (Salimans & Kingma 2016), and their folding into plain ones.

Training needs direction and length apart; inference multiplies them once, at load, instead of at every call.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def normalised(direction: Tensor, length: Tensor) -> Tensor:
    """``length * direction / |direction|``, the norm over all but the first axis."""
    norm: Tensor = torch.linalg.vector_norm(direction, dim=tuple(range(1, direction.dim())), keepdim=True)
    return direction * (length / norm)


def fold(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with each pair ``weight_g``, ``weight_v`` made one ``weight``; everything else as it was."""
    folded: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        stem = name.removesuffix("weight_v")
        if name.endswith(".weight_v") and f"{stem}weight_g" in tensors:
            folded[f"{stem}weight"] = normalised(tensor.float(), tensors[f"{stem}weight_g"].float())
        elif not (name.endswith(".weight_g") and f"{name.removesuffix('g')}v" in tensors):
            folded[name] = tensor
    return folded


class _Normed(nn.Module):
    """Parameters ``weight_g``, ``weight_v`` and ``bias``, as upstream names them."""

    def __init__(self, shape: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(outputs))
        direction = torch.empty(shape).normal_(0.0, 0.01)
        self.weight_g = nn.Parameter(torch.linalg.vector_norm(direction, dim=tuple(range(1, len(shape))), keepdim=True))
        self.weight_v = nn.Parameter(direction)

    @property
    def weight(self) -> Tensor:
        """The weight that is convolved with."""
        return normalised(self.weight_v, self.weight_g)


class NormedConv1d(_Normed):
    """As ``nn.Conv1d``."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__((outputs, inputs // groups, kernel), outputs)
        self._stride, self._padding, self._dilation, self._groups = stride, padding, dilation, groups

    def forward(self, x: Tensor) -> Tensor:
        """``[B, inputs, T]`` to ``[B, outputs, T']``."""
        return F.conv1d(x, self.weight, self.bias, self._stride, self._padding, self._dilation, self._groups)


class NormedConvTranspose1d(_Normed):
    """As ``nn.ConvTranspose1d``."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__((inputs, outputs, kernel), outputs)
        self._stride, self._padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        """``[B, inputs, T]`` to ``[B, outputs, (T - 1) stride + kernel - 2 padding]``."""
        return F.conv_transpose1d(x, self.weight, self.bias, self._stride, self._padding)


class NormedConv2d(_Normed):
    """As ``nn.Conv2d`` with a kernel of one column."""

    def __init__(self, inputs: int, outputs: int, rows: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__((outputs, inputs, rows, 1), outputs)
        self._stride, self._padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        """``[B, inputs, T, P]`` to ``[B, outputs, T', P]``."""
        return F.conv2d(x, self.weight, self.bias, (self._stride, 1), (self._padding, 0))


def conv1d(
    normed: bool, inputs: int, outputs: int, kernel: int, padding: int = 0, dilation: int = 1
) -> NormedConv1d | nn.Conv1d:
    """A convolution, with or without weight normalisation."""
    if normed:
        return NormedConv1d(inputs, outputs, kernel, padding=padding, dilation=dilation)
    return nn.Conv1d(inputs, outputs, kernel, padding=padding, dilation=dilation)
