"""Short-time spectra for vocoders: transform, inverse, mel bands, guessed phases."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Signal = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

RATE = 16_000


def analyse(x: Signal, size: int = 512, hop: int = 128) -> Spectrum:
    """Hann-windowed spectra ``[frames, size // 2 + 1]``; ``hop`` divides ``size``, frame t is centred on sample ``t * hop``."""
    padded = np.pad(x, (size // 2, size))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    spectrum: Spectrum = fft.rfft(windows[: len(x) // hop + 1] * _hann(size), axis=1)
    return spectrum


def synthesise(spectrum: Spectrum, size: int = 512, hop: int = 128) -> Signal:
    """Overlap-add with the least-squares window (Griffin and Lim 1984), ``[(frames - 1) * hop]``."""
    window = _hann(size)
    pieces = fft.irfft(spectrum, size, axis=1) * window
    count, turns = len(pieces), size // hop
    out = np.zeros((count + turns) * hop)
    norm = np.zeros_like(out)
    for turn in range(turns):
        part = slice(turn * hop, (turn + 1) * hop)
        place = slice(turn * hop, (turn + count) * hop)
        out[place] += pieces[:, part].ravel()
        norm[place] += np.tile(window[part] ** 2, count)
    whole = out / np.maximum(norm, 1e-3)
    return np.asarray(whole[size // 2 : size // 2 + (count - 1) * hop])


def griffin_lim(magnitude: Signal, rounds: int, phase: Spectrum, size: int = 512, hop: int = 128) -> Signal:
    """Fast Griffin-Lim (Perraudin et al. 2013) from given phases; momentum only from 20 rounds up."""
    previous = np.zeros_like(phase)
    for _ in range(rounds):
        spectrum = _as_long(analyse(synthesise(magnitude * phase, size, hop), size, hop), len(magnitude))
        ahead = spectrum + 0.99 * (spectrum - previous) if rounds > 20 else spectrum
        previous = spectrum
        phase = ahead / np.maximum(np.abs(ahead), 1e-9)
    return synthesise(magnitude * phase, size, hop)


@lru_cache(maxsize=32)
def mel_bank(bands: int, size: int = 512, top_hz: float = RATE / 2) -> Signal:
    """Triangles equally spaced in mel, ``[bands, size // 2 + 1]``."""
    hertz = np.linspace(0.0, RATE / 2, size // 2 + 1)
    edges = 700.0 * (10.0 ** (np.linspace(0.0, 2595.0 * np.log10(1.0 + top_hz / 700.0), bands + 2) / 2595.0) - 1.0)
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


@lru_cache(maxsize=32)
def mel_inverse(bands: int, size: int = 512, top_hz: float = RATE / 2) -> Signal:
    """Pseudo-inverse of :func:`mel_bank`."""
    return np.asarray(np.linalg.pinv(mel_bank(bands, size, top_hz)), dtype=np.float64)


def _as_long(spectrum: Spectrum, count: int) -> Spectrum:
    return np.pad(spectrum[:count], ((0, max(0, count - len(spectrum))), (0, 0)))


@lru_cache(maxsize=8)
def _hann(size: int) -> Signal:
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size))
