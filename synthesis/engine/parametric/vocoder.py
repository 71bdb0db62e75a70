"""A source-filter vocoder whose filters are corrected by a network.

Pulses and white noise pass through filters that change every 5 ms (Wang, Takaki & Yamagishi 2019, "Neural source-filter
waveform models"; Liu, Chen & Yu 2020, "Neural homomorphic vocoder"). The filters start as what WORLD would use: the
minimum-phase envelope of the mel-cepstrum, shared between pulses and noise by aperiodicity. The network adds to the log
amplitude of each, turns the phase of the pulses' filter and lets the noise swell and fade with the pulses. Untrained, it
adds nothing, so what it learns is what the envelope and one band of aperiodicity leave out.
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
CORRECTIONS: Final = 3 * BINS + 2  # nepers of pulses, nepers of noise, radians of pulses, swing of noise (cosine, sine)
_HIDDEN: Final = 192
_BLOCKS: Final = 6
_LIMIT: Final = 3.0  # nepers, and radians, that the network may add
_BLOCK: Final = 100  # frames of 10 ms that are rendered at once
_CONTEXT: Final = 2 + 3 * _BLOCKS  # frames on either side that the network looks at
_SWING: Final = 0.9  # of the noise's amplitude that may come and go with the pulses
_BAND_HZ: Final = 3000.0  # of the one coded band of aperiodicity at 16 kHz
_FLOOR_DB: Final = -60.0
BREATH_ONLY_DB: Final = -0.5  # from here on WORLD, too, takes a voiced frame to be nothing but breath

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
        self.out = nn.Linear(_HIDDEN, CORRECTIONS)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, frames: Tensor) -> Tensor:
        """Corrections of the filters and of the noise (see ``CORRECTIONS``): ``[B, T, 43]`` to ``[B, T, 773]``."""
        x = ((frames - self.mean) / self.deviation).transpose(1, 2)
        x = self.entry(x)
        for block in self.blocks:
            x = block(x)
        out = self.out(functional.gelu(x).transpose(1, 2))
        limited: Tensor = _LIMIT * torch.tanh(out / _LIMIT)
        return limited


@lru_cache(maxsize=2)
def _tables(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Mel-cepstrum to log amplitude and to minimum phase, each ``[40, 257]``; aperiodicity's slope over bins, ``[257]``."""
    half = FFT_SIZE // 2
    transform = mcep.frequency_transform(mcep.ORDER, half, -mcep.ALPHA)  # [257, 40]
    angles = np.pi * np.outer(np.arange(half + 1), np.arange(half + 1)) / half
    amplitude, phase = np.cos(angles) @ transform, -np.sin(angles) @ transform
    hertz = np.arange(BINS) * world.SAMPLE_RATE / FFT_SIZE
    tables = (amplitude.T, phase.T, hertz)
    arrays = (np.ascontiguousarray(table, dtype=np.float32) for table in tables)
    first, second, third = (torch.from_numpy(array).to(device) for array in arrays)
    return first, second, third


def fine(frames: Tensor) -> Tensor:
    """Frames of 10 ms to frames of 5 ms by straight lines, ``[B, T, …]`` to ``[B, 2 T, …]``."""
    middle = 0.5 * (frames + torch.cat([frames[:, 1:], frames[:, -1:]], 1))
    return torch.stack([frames, middle], 2).flatten(1, 2)


def _voiced(frames: Tensor) -> Tensor:
    """Which frames have pulses, ``[B, T]``; a voiced one that is all aperiodic has none."""
    return (frames[..., INPUTS - 1] > 0.5) & (frames[..., CEPSTRUM] < BREATH_ONLY_DB)


def filters(frames: Tensor, correction: Tensor) -> tuple[Tensor, Tensor]:
    """Complex filters of pulses and of noise, each ``[B, 2 T, 257]``, of frames ``[B, T, 43]`` 10 ms apart."""
    amplitude_of, phase_of, hertz = _tables(frames.device)
    halves = fine(frames)
    cepstrum, band = halves[..., :CEPSTRUM], halves[..., CEPSTRUM : CEPSTRUM + 1]
    louder, noisier, turned = torch.chunk(fine(correction[..., : 3 * BINS]), 3, 2)
    amplitude, phase = cepstrum @ amplitude_of, cepstrum @ phase_of
    low, high = (hertz / _BAND_HZ).clamp(max=1), ((hertz - _BAND_HZ) / (world.SAMPLE_RATE / 2 - _BAND_HZ)).clamp(min=0)
    decibels = _FLOOR_DB + low * (band.clamp(max=-1e-3) - _FLOOR_DB) - high * band
    share = 10.0 ** (decibels.clamp(max=-1e-3) / 20)
    voiced = _voiced(halves)[..., None].float()
    pulses = amplitude + 0.5 * torch.log1p(-(share**2) + 1e-6) + louder
    noise = amplitude + voiced * torch.log(share) + noisier
    limits = (-18.0, 12.0)
    return torch.polar(pulses.clamp(*limits).exp(), phase + turned), torch.polar(noise.clamp(*limits).exp(), phase)


def pulse_phase(frames: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """Phase of the pulses in ``[0, 2 pi)`` and F0 at each sample, ``[B, 160 T]``; ``start`` ``[B]`` is the first phase."""
    f0 = functional.interpolate(fine(frames)[..., INPUTS - 2][:, None].exp(), scale_factor=HOP, mode="linear")[:, 0]
    phase = 2 * torch.pi * torch.cumsum(f0.double() / world.SAMPLE_RATE, 1) + start[:, None]
    return torch.remainder(phase, 2 * torch.pi).float(), f0


def excitation(frames: Tensor, start: Tensor) -> Tensor:
    """Band-limited pulses of unit power, zero where unvoiced, ``[B, 160 T]``.

    The closed form of a sum of cosines (Moorer 1976); ``start`` ``[B]`` is the phase of the first sample.
    """
    return _pulses(frames, *pulse_phase(frames, start))


def _pulses(frames: Tensor, phase: Tensor, f0: Tensor) -> Tensor:
    gate = _voiced(fine(frames)).float().repeat_interleave(HOP, 1)
    count = torch.floor(0.5 * world.SAMPLE_RATE / f0)
    below = torch.sin(phase / 2)
    near = below.abs() < 1e-4
    total = torch.sin((count + 0.5) * phase) / (2 * torch.where(near, torch.ones_like(below), below)) - 0.5
    return gate * torch.where(near, count, total) * torch.sqrt(2 / count)


def filtered(source: Tensor, response: Tensor) -> Tensor:
    """``source`` ``[B, 80 T]`` through a filter ``[B, T, 257]`` that changes every 5 ms, by overlap-add."""
    return _overlapped(_pieces(source)[:, : response.shape[1]], response)[:, HOP : HOP + source.shape[1]]


def _pieces(source: Tensor) -> Tensor:
    """Windows of 10 ms every 5 ms, of ``[B, 80 T]``; the first begins 5 ms before it."""
    return functional.pad(source, (HOP, HOP)).unfold(1, 2 * HOP, HOP)


def _overlapped(pieces: Tensor, response: Tensor) -> Tensor:
    made = torch.fft.irfft(
        torch.fft.rfft(pieces * torch.hann_window(2 * HOP, device=pieces.device), FFT_SIZE) * response, FFT_SIZE
    )
    length = HOP * (response.shape[1] - 1) + FFT_SIZE
    return functional.fold(made.transpose(1, 2), (1, length), (1, FFT_SIZE), stride=(1, HOP))[:, 0, 0]


def _sources(frames: Tensor, correction: Tensor, noise: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """What goes into the filters of pulses and of noise, each ``[B, 160 T]``."""
    phase, f0 = pulse_phase(frames, start)
    halves = fine(correction[..., 3 * BINS :]).transpose(1, 2)
    swing = _SWING / _LIMIT * functional.interpolate(halves, scale_factor=HOP, mode="linear")
    breath = noise * (1 + 0.5 * (swing[:, 0] * torch.cos(phase) + swing[:, 1] * torch.sin(phase)))
    return _pulses(frames, phase, f0), breath


def speak(frames: Tensor, correction: Tensor, noise: Tensor, start: Tensor) -> Tensor:
    """Samples ``[B, 160 T]`` of frames ``[B, T, 43]``, white noise ``[B, 160 T]`` and the phase of the first pulse ``[B]``."""
    of_pulses, of_noise = filters(frames, correction)
    pulses, breath = _sources(frames, correction, noise, start)
    return filtered(pulses, of_pulses) + filtered(breath, of_noise)


@torch.inference_mode()
def render(net: FilterNet, frames: Floats, seed: int) -> Floats:
    """Samples ``[160 T]`` of frames ``[T, 43]``; the noise is drawn by ``seed``.

    A second at a time, and always the same number of frames: what is held does not grow with the length of the text, and the
    convolutions are compiled for one shape.
    """
    count = len(frames)
    blocks = -(-count // _BLOCK)
    after = blocks * _BLOCK - count + _CONTEXT
    padded = torch.from_numpy(np.pad(frames, ((_CONTEXT, after), (0, 0)), mode="edge"))[None]
    firsts = range(0, blocks * _BLOCK, _BLOCK)
    found = [net(padded[:, first : first + _BLOCK + 2 * _CONTEXT])[:, _CONTEXT:-_CONTEXT] for first in firsts]
    correction = torch.cat(found, 1)[:, :count]
    correction[..., 2 * BINS : 3 * BINS] = (
        0.0  # turned phases are heard as roughness on predicted spectra; see the notes
    )
    whole = padded[:, _CONTEXT : _CONTEXT + count]
    noise = torch.from_numpy(np.random.default_rng(seed).standard_normal(2 * HOP * count, dtype=np.float32))[None]
    sources = [_pieces(source) for source in _sources(whole, correction, noise, torch.zeros(1))]
    made = torch.zeros(1, 2 * HOP * count + FFT_SIZE + HOP)
    for first in firsts:
        part = slice(first, first + _BLOCK + 1)  # one more, since 5 ms after the last lies between it and the next
        for pieces, response in zip(sources, filters(whole[:, part], correction[:, part]), strict=True):
            here = slice(2 * first, min(2 * (first + _BLOCK), 2 * count))
            added = _overlapped(pieces[:, here], response[:, : here.stop - here.start])
            made[:, HOP * here.start : HOP * here.start + added.shape[1]] += added
    return np.asarray(made[0, HOP : HOP + 2 * HOP * count].numpy())
