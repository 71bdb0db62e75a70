"""A vocoder that turns noise into speech by dilated convolutions at the full rate (Parallel WaveGAN: Yamamoto et al. 2020)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from safeguards.detector.neural.mel import whole
from safeguards.detector.neural.upsampling import conv


class Gate(nn.Module):
    """One layer of WaveNet, not causal."""

    def __init__(self, channels: int, condition: int, dilation: int) -> None:
        super().__init__()
        self.wide = conv(channels, 2 * channels, 3, dilation)
        self.told = conv(condition, 2 * channels, 1)
        self.out = conv(channels, 2 * channels, 1)

    def forward(self, x: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        """What goes on, and what goes out."""
        left, right = (self.wide(x) + self.told(told)).chunk(2, 1)
        onward, out = self.out(torch.tanh(left) * torch.sigmoid(right)).chunk(2, 1)
        return (x + onward) * math.sqrt(0.5), out


class NoiseWaveNet(nn.Module):
    """Noise in, speech out, told by a mel spectrogram that is stretched and smoothed."""

    def __init__(self, bands: int = 80, channels: int = 48, layers: int = 18, stacks: int = 3, hop: int = 256) -> None:
        super().__init__()
        self.hop = hop
        self.told = conv(bands, channels, 5)
        self.smooth = conv(channels, channels, 5)
        self.first = conv(1, channels, 1)
        cycle = layers // stacks
        self.gates = nn.ModuleList(Gate(channels, channels, 2 ** (layer % cycle)) for layer in range(layers))
        self.last = nn.Sequential(nn.ReLU(), conv(channels, channels, 1), nn.ReLU(), conv(channels, 1, 1))

    def forward(self, mel: Tensor) -> Tensor:
        """``[batch, bands, frames]`` to ``[batch, frames * hop]``."""
        told = F.leaky_relu(self.told(mel), 0.2).float()
        told = self.smooth(F.interpolate(told, scale_factor=16.0, mode="linear")).float()
        told = F.interpolate(told, scale_factor=self.hop / 16.0, mode="linear")
        x = self.first(torch.randn(mel.shape[0], 1, told.shape[-1], device=mel.device))
        total = torch.zeros_like(x)
        for gate in self.gates:
            x, out = gate(x, told)
            total = total + out
        with whole(mel):
            made: Tensor = self.last(total.float() * math.sqrt(1.0 / len(self.gates)))
        return made[:, 0]
