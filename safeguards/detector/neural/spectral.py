"""Vocoders that work frame by frame on spectra: one pass to an inverse transform (Vocos), and a flow from noise in several steps."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from safeguards.detector.neural.mel import Settings, hann, linear, spectra, whole


class Block(nn.Module):
    """ConvNeXt in one dimension (Liu et al. 2022), as Vocos has it; shifted and scaled by a condition if there is one."""

    def __init__(self, width: int, inner: int, layers: int, condition: int = 0) -> None:
        super().__init__()
        self.along = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.wider, self.back = nn.Linear(width, inner), nn.Linear(inner, width)
        self.gain = nn.Parameter(torch.full((width,), 1.0 / layers))
        self.turn = nn.Linear(condition, 2 * width) if condition else None

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """``[batch, width, frames]``, ``[batch, condition]``."""
        y = self.norm(self.along(x).transpose(1, 2))
        if self.turn is not None and condition is not None:
            scale, shift = self.turn(condition)[:, None].chunk(2, -1)
            y = y * (1.0 + scale) + shift
        y = self.gain * self.back(nn.functional.gelu(self.wider(y)))
        added: Tensor = x + y.transpose(1, 2)
        return added


class Backbone(nn.Module):
    """Frames in, frames out."""

    def __init__(self, inputs: int, outputs: int, width: int, inner: int, layers: int, condition: int = 0) -> None:
        super().__init__()
        self.first = nn.Conv1d(inputs, width, 3, padding=1)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, inner, layers, condition) for _ in range(layers))
        self.last_norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, outputs)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """``[batch, inputs, frames]`` to ``[batch, outputs, frames]``."""
        y = self.norm(self.first(x).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            y = block(y, condition)
        with whole(x):
            made: Tensor = self.last(self.last_norm(y.float().transpose(1, 2)))
        return made.transpose(1, 2)


class Vocos(nn.Module):
    """Magnitudes and phases of every frame in one pass (Siuzdak 2023)."""

    def __init__(self, settings: Settings, width: int = 256, inner: int = 768, layers: int = 7) -> None:
        super().__init__()
        self.settings = settings
        self.backbone = Backbone(settings.bands, settings.size + 2, width, inner, layers)

    def forward(self, mel: Tensor) -> Tensor:
        """``[batch, bands, frames]`` to ``[batch, (frames - 1) * hop]``."""
        x = self.backbone(mel)
        with whole(mel):
            sizes, turns = x.chunk(2, 1)
            return _sound(torch.polar(torch.exp(sizes.clamp_max(6.0)), turns), self.settings)


class Flow(nn.Module):
    """Complex spectra, level by mel bands, straight from noise in a few steps (rectified flow: Liu et al. 2023)."""

    def __init__(self, settings: Settings, width: int = 256, inner: int = 768, layers: int = 7) -> None:
        super().__init__()
        self.settings = settings
        lines = settings.size + 2
        self.backbone = Backbone(lines + settings.bands, lines, width, inner, layers, condition=64)

    def _speed(self, x: Tensor, mel: Tensor, when: Tensor) -> Tensor:
        rates = torch.exp(torch.arange(32, device=x.device) * (-math.log(1e3) / 31.0)) * 100.0
        turns = when[:, None] * rates
        condition = torch.cat([torch.sin(turns), torch.cos(turns)], 1)
        speed: Tensor = self.backbone(torch.cat([x, mel], 1), condition)
        return speed

    def loss(self, samples: Tensor, mel: Tensor) -> Tensor:
        """How far the speed at a random time is from that of the straight way to the recording."""
        spectrum = spectra(samples, self.settings) / linear(mel, self.settings)
        wanted = torch.cat([spectrum.real, spectrum.imag], 1).clamp(-4.0, 4.0)
        noise = torch.randn_like(wanted) * math.sqrt(0.5)
        when = torch.rand(len(samples), device=samples.device)
        at = when[:, None, None]
        found = self._speed(noise * (1.0 - at) + wanted * at, mel, when)
        return (found.float() - (wanted - noise)).square().mean()

    def forward(self, mel: Tensor, steps: int = 8) -> Tensor:
        """``[batch, bands, frames]`` to ``[batch, (frames - 1) * hop]``."""
        lines = self.settings.size + 2
        x = torch.randn(mel.shape[0], lines, mel.shape[2], device=mel.device) * math.sqrt(0.5)
        for step in range(steps):
            x = x + self._speed(x, mel, torch.full((len(x),), step / steps, device=mel.device)).float() / steps
        real, imaginary = x.chunk(2, 1)
        return _sound(torch.complex(real, imaginary) * linear(mel, self.settings), self.settings)


def _sound(spectrum: Tensor, settings: Settings) -> Tensor:
    made: Tensor = torch.istft(spectrum, settings.size, settings.hop, window=hann(settings.size, spectrum.device))
    return made
