"""Take a recording's channel out of the comparison: less steady noise, and a telephone beside the full band."""

from __future__ import annotations

import numpy as np

from audiokit import Audio, resample
from audiokit.features import Floats, istft, stft

_FFT, _HOP = 512, 128
_SMOOTH = 9  # frames
_NOISE_QUANTILE, _NOISE_RISE = 0.1, 1.3  # a low quantile of smoothed power lies below the mean noise
_OVER = 1.5
_LEAST_GAIN = 0.15
_TELEPHONE_HZ = (300.0, 3400.0)
_SLOPE = 8
_TELEPHONE_RATE = 8_000
_MU, _STEPS, _PEAK = 255.0, 127.0, 0.8


def denoised(speech: Floats) -> Floats:
    """Spectral subtraction of the steady part of the noise (Berouti et al. 1979), ``[time]`` to ``[time]``."""
    spectrum = stft(speech, _FFT, _HOP)
    power = np.abs(spectrum) ** 2
    kernel = np.ones(_SMOOTH) / _SMOOTH
    smooth = np.stack([np.convolve(band, kernel, "same")[: len(power)] for band in power.T], axis=1)
    noise = np.quantile(smooth, _NOISE_QUANTILE, axis=0) * _NOISE_RISE
    gain = np.sqrt(np.maximum(1.0 - _OVER * noise / np.maximum(smooth, 1e-12), _LEAST_GAIN**2))
    return istft((spectrum * gain).astype(np.complex64), _FFT, _HOP, len(speech))


def by_telephone(speech: Floats, sample_rate: int) -> Floats:
    """As a telephone carries it: 300 to 3400 Hz with slopes of fourth order, 8 kHz, 8-bit mu-law (ITU-T G.711); ``[time]`` to ``[time]``."""
    hertz = np.fft.rfftfreq(len(speech), 1.0 / sample_rate)
    low, high = _TELEPHONE_HZ
    with np.errstate(divide="ignore", over="ignore"):
        gain = 1.0 / np.sqrt((1.0 + (low / hertz) ** _SLOPE) * (1.0 + (hertz / high) ** _SLOPE))
    band = np.asarray(np.fft.irfft(np.fft.rfft(speech) * gain, len(speech)), dtype=np.float32)
    narrow = resample(Audio.mono(band, sample_rate), _TELEPHONE_RATE).to_mono()
    level = np.clip(narrow / max(float(np.abs(narrow).max()), 1e-6) * _PEAK, -1.0, 1.0)
    coded = np.round(np.sign(level) * np.log1p(_MU * np.abs(level)) / np.log1p(_MU) * _STEPS) / _STEPS
    decoded = np.sign(coded) * ((1.0 + _MU) ** np.abs(coded) - 1.0) / _MU
    back = resample(Audio.mono(decoded.astype(np.float32), _TELEPHONE_RATE), sample_rate).to_mono()[: len(speech)]
    return np.pad(back, (0, len(speech) - len(back)))
