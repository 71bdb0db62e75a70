"""A source-filter vocoder whose filters are corrected by a network.

Pulses and white noise pass through filters that change every 5 ms (Wang, Takaki & Yamagishi 2019, "Neural source-filter
waveform models"; Liu, Chen & Yu 2020, "Neural homomorphic vocoder"). The filters start as what WORLD would use: the
minimum-phase envelope of the mel-cepstrum, shared between pulses and noise by aperiodicity. The network adds to the log
amplitude of each. Untrained, it adds nothing, so what it learns is what the envelope and one band of aperiodicity leave out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from synthesis.engine.parametric import mcep, world

HOP: Final = 80  # 5 ms
FFT_SIZE: Final = 512
BINS: Final = FFT_SIZE // 2 + 1
CEPSTRUM: Final = mcep.ORDER + 1
INPUTS: Final = CEPSTRUM + 3  # + aperiodicity, log-F0, voicing
_HIDDEN: Final = 192
_BLOCKS: Final = 6
_LIMIT: Final = 3.0  # nepers that the network may add
_BAND_HZ: Final = 3000.0  # of the one coded band of aperiodicity at 16 kHz
_FLOOR_DB: Final = -60.0

Floats = NDArray[np.float32]


class _Block(nn.Module):
    """Depthwise convolution and a pointwise pair (Liu et al. 2022, "A ConvNet for the 2020s")."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).transpose(1, 2))
        out: Tensor = x + self.narrow(functional.gelu(self.widen(y))).transpose(1, 2)
        return out


class FilterNet(nn.Module):
    """Frames of 10 ms to corrections of the two filters."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(INPUTS), requires_grad=False)
        self.deviation = nn.Parameter(torch.ones(INPUTS), requires_grad=False)
        self.entry = nn.Conv1d(INPUTS, _HIDDEN, 5, padding=2)
        self.blocks = nn.ModuleList([_Block(_HIDDEN) for _ in range(_BLOCKS)])
        self.out = nn.Linear(_HIDDEN, 2 * BINS)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, frames: Tensor) -> Tensor:
        """Nepers for pulses and for noise: ``[B, T, 43]`` to ``[B, T, 2, 257]``."""
        x = ((frames - self.mean) / self.deviation).transpose(1, 2)
        x = self.entry(x)
        for block in self.blocks:
            x = block(x)
        out = self.out(functional.gelu(x).transpose(1, 2))
        limited: Tensor = _LIMIT * torch.tanh(out / _LIMIT)
        return limited.reshape(*out.shape[:2], 2, BINS)


@lru_cache(maxsize=1)
def _tables() -> tuple[Tensor, Tensor, Tensor]:
    """Mel-cepstrum to log amplitude and to minimum phase, each ``[40, 257]``; aperiodicity's slope over bins, ``[257]``."""
    half = FFT_SIZE // 2
    transform = mcep.frequency_transform(mcep.ORDER, half, -mcep.ALPHA)  # [257, 40]
    angles = np.pi * np.outer(np.arange(half + 1), np.arange(half + 1)) / half
    amplitude, phase = np.cos(angles) @ transform, -np.sin(angles) @ transform
    hertz = np.arange(BINS) * world.SAMPLE_RATE / FFT_SIZE
    tables = (amplitude.T, phase.T, hertz)
    first, second, third = (torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32)) for table in tables)
    return first, second, third


def fine(frames: Tensor) -> Tensor:
    """Frames of 10 ms to frames of 5 ms by straight lines, ``[B, T, …]`` to ``[B, 2 T, …]``."""
    middle = 0.5 * (frames + torch.cat([frames[:, 1:], frames[:, -1:]], 1))
    return torch.stack([frames, middle], 2).flatten(1, 2)


def filters(frames: Tensor, correction: Tensor) -> tuple[Tensor, Tensor]:
    """Complex filters of pulses and of noise, each ``[B, 2 T, 257]``, of frames ``[B, T, 43]`` 10 ms apart."""
    amplitude_of, phase_of, hertz = _tables()
    halves = fine(frames)
    cepstrum, band = halves[..., :CEPSTRUM], halves[..., CEPSTRUM : CEPSTRUM + 1]
    added = fine(correction)
    amplitude, phase = cepstrum @ amplitude_of, cepstrum @ phase_of
    low, high = (hertz / _BAND_HZ).clamp(max=1), ((hertz - _BAND_HZ) / (world.SAMPLE_RATE / 2 - _BAND_HZ)).clamp(min=0)
    decibels = _FLOOR_DB + low * (band.clamp(max=-1e-3) - _FLOOR_DB) - high * band
    share = 10.0 ** (decibels.clamp(max=-1e-3) / 20)
    voiced = (halves[..., INPUTS - 1 :] > 0.5).float()
    pulses = amplitude + 0.5 * torch.log1p(-(share**2) + 1e-6) + added[..., 0, :]
    noise = amplitude + voiced * torch.log(share) + added[..., 1, :]
    limits = (-18.0, 12.0)
    return torch.polar(pulses.clamp(*limits).exp(), phase), torch.polar(noise.clamp(*limits).exp(), phase)


def excitation(frames: Tensor, start: Tensor) -> Tensor:
    """Band-limited pulses of unit power, zero where unvoiced, ``[B, 160 T]``.

    The closed form of a sum of cosines (Moorer 1976); ``start`` ``[B]`` is the phase of the first sample.
    """
    halves = fine(frames)
    log_f0, voiced = halves[..., INPUTS - 2], halves[..., INPUTS - 1] > 0.5
    f0 = torch.nn.functional.interpolate(log_f0[:, None].exp(), scale_factor=HOP, mode="linear")[:, 0]
    gate = voiced.float().repeat_interleave(HOP, 1)
    phase = 2 * torch.pi * torch.cumsum(f0.double() / world.SAMPLE_RATE, 1) + start[:, None]
    wrapped = torch.remainder(phase, 2 * torch.pi).float()
    count = torch.floor(0.5 * world.SAMPLE_RATE / f0)
    below = torch.sin(wrapped / 2)
    near = below.abs() < 1e-4
    total = torch.sin((count + 0.5) * wrapped) / (2 * torch.where(near, torch.ones_like(below), below)) - 0.5
    return gate * torch.where(near, count, total) * torch.sqrt(2 / count)


def filtered(source: Tensor, response: Tensor) -> Tensor:
    """``source`` ``[B, 80 T]`` through a filter ``[B, T, 257]`` that changes every 5 ms, by overlap-add."""
    window = torch.hann_window(2 * HOP, periodic=True)
    pieces = functional.pad(source, (HOP, HOP)).unfold(1, 2 * HOP, HOP)[:, : response.shape[1]] * window
    made = torch.fft.irfft(torch.fft.rfft(pieces, FFT_SIZE) * response, FFT_SIZE)
    length = HOP * (response.shape[1] - 1) + FFT_SIZE
    added = functional.fold(made.transpose(1, 2), (1, length), (1, FFT_SIZE), stride=(1, HOP))[:, 0, 0]
    return added[:, HOP : HOP + source.shape[1]]


def speak(frames: Tensor, correction: Tensor, noise: Tensor, start: Tensor) -> Tensor:
    """Samples ``[B, 160 T]`` of frames ``[B, T, 43]``, white noise ``[B, 160 T]`` and the phase of the first pulse ``[B]``."""
    of_pulses, of_noise = filters(frames, correction)
    return filtered(excitation(frames, start), of_pulses) + filtered(noise, of_noise)
