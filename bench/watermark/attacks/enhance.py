"""Denoisers, smoothers and resynthesis: what cleans sound may clean a mark away."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import signal

from bench.watermark.attacks.types import RATE, Array, Attack, Rng, f32


def median(x: Array, _rng: Rng) -> Array:
    """Median of three samples."""
    return f32(signal.medfilt(x, 3))


def wiener(x: Array, _rng: Rng) -> Array:
    """Local Wiener filter over 5 samples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return f32(np.nan_to_num(signal.wiener(x.astype(np.float64), 5)))


def spectral_denoise(x: Array, _rng: Rng) -> Array:
    """Spectral subtraction of the quietest tenth's spectrum, floor -20 dB."""
    _, _, spectrum = signal.stft(x, RATE, nperseg=512, noverlap=384)
    magnitude = np.abs(spectrum)
    noise = np.quantile(magnitude, 0.1, axis=1, keepdims=True)
    gain = np.clip(1 - 1.5 * noise / (magnitude + 1e-9), 0.1, 1)
    _, out = signal.istft(spectrum * gain, RATE, nperseg=512, noverlap=384)
    return f32(np.resize(out, len(x)) if len(out) < len(x) else out[: len(x)])


def mel_resynthesis(x: Array, rng: Rng) -> Array:
    """80 mel bands, pseudo-inverse, 32 rounds of fast Griffin-Lim (Perraudin et al. 2013)."""
    size, hop = 1024, 256
    bank = _mel_bank(80, size)
    _, _, spectrum = signal.stft(x, RATE, nperseg=size, noverlap=size - hop)
    magnitude = np.maximum(np.linalg.pinv(bank) @ (bank @ np.abs(spectrum)), 1e-7)
    angles = np.exp(2j * np.pi * rng.random(magnitude.shape))
    previous = np.zeros_like(angles)
    for _ in range(32):
        _, out = signal.istft(magnitude * angles, RATE, nperseg=size, noverlap=size - hop)
        _, _, rebuilt = signal.stft(out, RATE, nperseg=size, noverlap=size - hop)
        rebuilt = rebuilt[:, : magnitude.shape[1]]
        rebuilt = np.pad(rebuilt, ((0, 0), (0, magnitude.shape[1] - rebuilt.shape[1])))
        moved = rebuilt + 0.99 * (rebuilt - previous)
        previous = rebuilt
        angles = moved / (np.abs(moved) + 1e-12)
    _, out = signal.istft(magnitude * angles, RATE, nperseg=size, noverlap=size - hop)
    result = np.zeros(len(x))
    result[: min(len(x), len(out))] = out[: len(x)]
    return f32(result)


def _mel_bank(bands: int, size: int) -> np.ndarray:
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), bands + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hz = np.fft.rfftfreq(size, 1 / RATE)
    up = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(up, down))


ENHANCE: dict[str, Attack] = {
    "median": median,
    "wiener": wiener,
    "spectral_denoise": spectral_denoise,
    "mel_resynthesis": mel_resynthesis,
}
