"""Gated dilated convolutions conditioned on a vector (WaveNet, van den Oord et al. 2016, in WaveGlow's arrangement)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synthesis.engine.gpt_sovits.sovits.convolution import conv1d


class WaveNet(nn.Module):
    """``layers`` gated convolutions with residual and skip paths, dilation 1.

    Args:
        channels: width throughout.
        kernel: taps.
        layers: how many.
        gin: width of the conditioning vector.
        normed: keep weight normalisation, for training.
    """

    def __init__(self, channels: int, kernel: int, layers: int, gin: int, *, normed: bool) -> None:
        super().__init__()
        last = layers - 1
        self.in_layers = nn.ModuleList(
            conv1d(normed, channels, 2 * channels, kernel, padding=kernel // 2) for _ in range(layers)
        )
        self.res_skip_layers = nn.ModuleList(
            conv1d(normed, channels, channels if index == last else 2 * channels, 1) for index in range(layers)
        )
        self.cond_layer = conv1d(normed, gin, 2 * channels * layers, 1)

    def forward(self, x: Tensor, mask: Tensor, style: Tensor) -> Tensor:
        """``[B, C, T]``, mask ``[B, 1, T]`` and style ``[B, gin, 1]`` to ``[B, C, T]``."""
        biases = self.cond_layer(style).chunk(len(self.in_layers), 1)
        total = torch.zeros_like(x)
        for gated, mixer, bias in zip(self.in_layers, self.res_skip_layers, biases, strict=True):
            signal, gate = (gated(x) + bias).chunk(2, 1)
            mixed = mixer(torch.tanh(signal) * torch.sigmoid(gate))
            if mixed.shape[1] == x.shape[1]:
                out: Tensor = (total + mixed) * mask
                return out
            residual, skip = mixed.chunk(2, 1)
            x, total = (x + residual) * mask, total + skip
        raise AssertionError("the last layer returns")
