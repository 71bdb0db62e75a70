"""Take a recording's channel out of the comparison: less steady noise, and a telephone's band beside the full one."""

from __future__ import annotations

import numpy as np

from audiokit.features import Floats, istft, stft

_FFT, _HOP = 512, 128
_SMOOTH = 9  # frames
_NOISE_QUANTILE, _NOISE_RISE = 0.1, 1.3  # a low quantile of smoothed power lies below the mean noise
_OVER = 1.5
_LEAST_GAIN = 0.15
_TELEPHONE_HZ = (300.0, 3400.0)
_EDGE_HZ = 60.0


def denoised(speech: Floats) -> Floats:
    """Spectral subtraction of the steady part of the noise (Berouti et al. 1979), ``[time]`` to ``[time]``."""
    spectrum = stft(speech, _FFT, _HOP)
    power = np.abs(spectrum) ** 2
    kernel = np.ones(_SMOOTH) / _SMOOTH
    smooth = np.stack([np.convolve(band, kernel, "same")[: len(power)] for band in power.T], axis=1)
    noise = np.quantile(smooth, _NOISE_QUANTILE, axis=0) * _NOISE_RISE
    gain = np.sqrt(np.maximum(1.0 - _OVER * noise / np.maximum(smooth, 1e-12), _LEAST_GAIN**2))
    return istft((spectrum * gain).astype(np.complex64), _FFT, _HOP, len(speech))


def telephone_band(speech: Floats, sample_rate: int) -> Floats:
    """300 to 3400 Hz with raised-cosine edges, ``[time]`` to ``[time]``."""
    hertz = np.fft.rfftfreq(len(speech), 1.0 / sample_rate)
    low, high = _TELEPHONE_HZ
    inside = np.minimum(hertz - low, high - hertz) / _EDGE_HZ
    gain = 0.5 - 0.5 * np.cos(np.pi * np.clip(inside + 0.5, 0.0, 1.0))
    return np.asarray(np.fft.irfft(np.fft.rfft(speech) * gain, len(speech)), dtype=np.float32)
