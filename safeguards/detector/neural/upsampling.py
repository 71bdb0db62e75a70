"""Vocoders that upsample a mel spectrogram step by step: HiFi-GAN, iSTFTNet, Multi-band MelGAN."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from safeguards.detector.neural.mel import hann, whole

_SLOPE = 0.1


def conv(inputs: int, outputs: int, kernel: int, dilation: int = 1) -> nn.Module:
    """A convolution that keeps the length."""
    made: nn.Module = weight_norm(
        nn.Conv1d(inputs, outputs, kernel, dilation=dilation, padding=(kernel - 1) * dilation // 2)
    )
    return made


def up(inputs: int, outputs: int, rate: int) -> nn.Module:
    """A transposed convolution that makes the signal ``rate`` times longer."""
    made: nn.Module = weight_norm(
        nn.ConvTranspose1d(inputs, outputs, 2 * rate, rate, padding=(rate + 1) // 2, output_padding=rate % 2)
    )
    return made


class Residual(nn.Module):
    """Dilated convolutions, each added to what it read."""

    def __init__(self, channels: int, kernel: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.wide = nn.ModuleList(conv(channels, channels, kernel, dilation) for dilation in dilations)
        self.near = nn.ModuleList(conv(channels, channels, kernel) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, channels, time]``."""
        for wide, near in zip(self.wide, self.near, strict=True):
            x = x + near(F.leaky_relu(wide(F.leaky_relu(x, _SLOPE)), _SLOPE))
        return x


class Trunk(nn.Module):
    """Upsampling and, at each rate, the mean of residual blocks of several reaches (Kong et al. 2020)."""

    def __init__(
        self, bands: int, channels: int, rates: Sequence[int], kernels: Sequence[int], dilations: Sequence[int]
    ) -> None:
        super().__init__()
        self.first = conv(bands, channels, 7)
        self.ups = nn.ModuleList(up(channels >> step, channels >> (step + 1), rate) for step, rate in enumerate(rates))
        self.blocks = nn.ModuleList(
            nn.ModuleList(Residual(channels >> (step + 1), kernel, dilations) for kernel in kernels)
            for step in range(len(rates))
        )
        self.channels = channels >> len(rates)

    def forward(self, mel: Tensor) -> Tensor:
        """``[batch, bands, frames]`` to ``[batch, channels, frames * rates]``."""
        x: Tensor = self.first(mel)
        for lift, blocks in zip(self.ups, self.blocks, strict=True):
            assert isinstance(blocks, nn.ModuleList)  # noqa: S101 - for the type checker
            x = lift(F.leaky_relu(x, _SLOPE))
            x = torch.stack([block(x) for block in blocks]).mean(0)
        return F.leaky_relu(x, _SLOPE)


class HiFiGan(nn.Module):
    """Upsampled to the sample (Kong et al. 2020)."""

    def __init__(self, bands: int = 80, channels: int = 192) -> None:
        super().__init__()
        self.trunk = Trunk(bands, channels, (8, 8, 4), (3, 7, 11), (1, 3, 5))
        self.last = conv(self.trunk.channels, 1, 7)

    def forward(self, mel: Tensor) -> Tensor:
        """``[batch, bands, frames]`` to ``[batch, frames * 256]``."""
        x = self.trunk(mel)
        with whole(mel):
            made: Tensor = torch.tanh(self.last(x.float()))
        return made[:, 0]


class IstftNet(nn.Module):
    """Upsampled 64 times, the rest by the inverse of a short transform (Kaneko et al. 2022)."""

    SIZE, HOP = 16, 4

    def __init__(self, bands: int = 80, channels: int = 192) -> None:
        super().__init__()
        self.trunk = Trunk(bands, channels, (8, 8), (3, 7, 11), (1, 3, 5))
        self.last = conv(self.trunk.channels, self.SIZE + 2, 7)

    def forward(self, mel: Tensor) -> Tensor:
        """``[batch, bands, frames]`` to ``[batch, frames * 256]``."""
        x = self.trunk(mel)
        with whole(mel):
            sizes, turns = self.last(F.pad(x.float(), (1, 0), mode="reflect")).chunk(2, 1)
            spectrum = torch.polar(torch.exp(sizes.clamp_max(5.0)), math.pi * torch.sin(turns))
            made: Tensor = torch.istft(spectrum, self.SIZE, self.HOP, window=hann(self.SIZE, mel.device))
        return made


class MultiBand(nn.Module):
    """Four bands at a quarter of the rate, put together by a fixed bank of filters (Yang et al. 2021)."""

    BANDS = 4

    def __init__(self, bands: int = 80, channels: int = 256) -> None:
        super().__init__()
        self.trunk = Trunk(bands, channels, (5, 5, 2), (3,), (1, 3, 9, 27))
        self.last = conv(self.trunk.channels, self.BANDS, 7)
        self.register_buffer("bank", synthesis_bank(self.BANDS), persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """``[batch, bands, frames]`` to ``[batch, frames * 200]``."""
        x, bank = self.trunk(mel), self.get_buffer("bank")
        with whole(mel):
            parts = torch.tanh(self.last(x.float()))
            made = F.conv_transpose1d(parts, bank * self.BANDS, stride=self.BANDS)
        ahead = (bank.shape[-1] - 1) // 2
        return made[:, 0, ahead : ahead + parts.shape[-1] * self.BANDS]


def synthesis_bank(bands: int, taps: int = 62, corner: float = 0.142, beta: float = 9.0) -> Tensor:
    """Cosine-modulated filters that put bands together, ``[bands, 1, taps + 1]`` (Kaiser prototype; Lin and Vaidyanathan 1998)."""
    places = torch.arange(taps + 1, dtype=torch.float64) - taps / 2
    low = torch.sin(math.pi * corner * places) / (math.pi * torch.where(places == 0.0, 1.0, places))
    low[taps // 2] = corner
    low = low * torch.kaiser_window(taps + 1, periodic=False, beta=beta, dtype=torch.float64)
    number = torch.arange(bands, dtype=torch.float64)[:, None]
    turn = (2 * number + 1) * math.pi / (2 * bands) * places - torch.where(number % 2 == 0, 1.0, -1.0) * math.pi / 4
    return (2.0 * low * torch.cos(turn)).float()[:, None]
