"""Sphinx-compatible MFCC features: what the en-us acoustic model was trained on.

25 mel filters over 130-6800 Hz at 100 frames/s, denoised in the mel domain, 13 liftered cepstra with first and second
differences, cepstral means removed over the recording (the model's ``feat.params``). Computed with numpy; agreement
with the decoder's own features is tested.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SAMPLE_RATE = 16_000
HOP = 160
FRAMES_PER_SECOND = SAMPLE_RATE // HOP
_WINDOW = 410  # 25.625 ms
_FFT = 512
_FILTERS = 25
_LOW_HZ, _HIGH_HZ = 130.0, 6800.0
_CEPSTRA = 13
_LIFTER = 22
_PRE_EMPHASIS = 0.97
_INT16 = 32767.0
_DITHER_DB = -60.0  # below the recording's level: digital silence lies outside anything the model saw
_LEAST_DITHER = 1.0  # in 16-bit steps


def features(samples: Floats) -> Floats:
    """Model features of 16 kHz mono sound.

    Args:
        samples: ``[time]``, nominally within [-1, 1].

    Returns:
        ``[3, frames, 13]``: cepstra, differences, second differences; at least one frame.
    """
    cepstra = raw_cepstra(_dithered(samples.astype(np.float64) * _INT16))
    cepstra = cepstra - cepstra.mean(axis=0)
    padded = np.pad(cepstra, ((3, 3), (0, 0)), mode="edge")
    frames = len(cepstra)
    here = slice(3, 3 + frames)

    def shifted(by: int) -> Floats:
        return padded[here.start + by : here.stop + by]

    difference = shifted(2) - shifted(-2)
    second = (shifted(3) - shifted(-1)) - (shifted(1) - shifted(-3))
    return np.stack([cepstra, difference, second]).astype(np.float32)


def raw_cepstra(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cepstra ``[frames, 13]`` of 16 kHz sound in 16-bit steps, before mean removal and without dither."""
    log_power = np.log(np.maximum(_denoise(_mel_power(signal)), 1e-30) + 1e-4)
    cepstra: NDArray[np.float64] = log_power @ _transform().T
    return cepstra


def _dithered(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    level = float(np.sqrt(np.mean(signal**2))) if len(signal) else 0.0
    amplitude = max(level * 10.0 ** (_DITHER_DB / 20.0), _LEAST_DITHER)
    noisy: NDArray[np.float64] = signal + amplitude * np.random.default_rng(0).standard_normal(len(signal))
    return noisy


def _mel_power(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    signal = np.append(signal[:1], signal[1:] - _PRE_EMPHASIS * signal[:-1])
    if len(signal) < _WINDOW:
        signal = np.pad(signal, (0, _WINDOW - len(signal)))
    frames = np.lib.stride_tricks.sliding_window_view(signal, _WINDOW)[::HOP]
    spectrum = np.abs(np.fft.rfft(frames * np.hamming(_WINDOW), _FFT)) ** 2
    power: NDArray[np.float64] = spectrum @ _filterbank().T
    return power


def _denoise(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Subtract a tracked noise floor with masking and smoothed gains, as Sphinx's front end does (``fe_noise``)."""
    smooth = power[0].copy()
    noise = power[0] / 20.0
    floor = power[0] / 20.0
    peak = np.zeros(_FILTERS)
    out = np.empty_like(power)
    kernel = _smoothing()
    for index, frame in enumerate(power):
        smooth = 0.7 * smooth + 0.3 * frame
        noise = _lower_envelope(smooth, noise)
        signal = np.maximum(smooth - noise, 1.0)
        floor = _lower_envelope(signal, floor)
        current = signal
        peak = peak * 0.85
        signal = np.where(signal < 0.85 * peak, peak * 0.2, signal)
        peak = np.maximum(peak, current)
        signal = np.maximum(signal, floor)
        gain = np.clip(signal / np.maximum(smooth, 1e-30), 1.0 / 20.0, 20.0)
        out[index] = frame * (kernel @ gain)
    return out


def _lower_envelope(value: NDArray[np.float64], envelope: NDArray[np.float64]) -> NDArray[np.float64]:
    rate = np.where(value >= envelope, 0.995, 0.5)
    return np.asarray(rate * envelope + (1.0 - rate) * value)


@lru_cache(maxsize=1)
def _smoothing() -> NDArray[np.float64]:
    near = np.abs(np.arange(_FILTERS)[:, None] - np.arange(_FILTERS)) <= 4
    return np.asarray(near / near.sum(axis=1, keepdims=True))


@lru_cache(maxsize=1)
def _transform() -> NDArray[np.float64]:
    """Orthonormal DCT-II with sinusoidal liftering, ``[13, 25]``."""
    order = np.arange(_CEPSTRA)[:, None]
    basis = np.sqrt(2.0 / _FILTERS) * np.cos(np.pi * order * (np.arange(_FILTERS) + 0.5) / _FILTERS)
    basis[0] = np.sqrt(1.0 / _FILTERS)
    return np.asarray(basis * (1.0 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER)))


@lru_cache(maxsize=1)
def _filterbank() -> NDArray[np.float64]:
    """Triangles of unit area whose edges sit on FFT bins, ``[25, 257]``."""
    edges = np.linspace(_mel(_LOW_HZ), _mel(_HIGH_HZ), _FILTERS + 2)
    bin_hz = SAMPLE_RATE / _FFT
    hertz = np.round(700.0 * (10.0 ** (edges / 2595.0) - 1.0) / bin_hz) * bin_hz
    bins = np.arange(_FFT // 2 + 1) * bin_hz
    bank = np.zeros((_FILTERS, len(bins)))
    for index in range(_FILTERS):
        left, centre, right = hertz[index : index + 3]
        triangle = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
        bank[index] = np.maximum(triangle, 0.0) * 2.0 / (right - left)
    return bank


def _mel(hertz: float) -> float:
    return 2595.0 * float(np.log10(1.0 + hertz / 700.0))
