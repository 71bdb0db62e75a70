"""Steady noise taken out of a recording: hum, hiss, a fan. Off unless asked for; it costs some of the voice."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from scipy.signal import istft, stft

from audiokit import Audio

_WINDOW_S: Final = 0.032
_FLOOR_DB: Final = -15.0
_QUIET_SHARE: Final = 0.1
_OVER: Final = 2.0
_SMOOTH: Final = (3, 5)  # bands, frames

Floats = NDArray[np.float32]


def denoised(audio: Audio) -> Audio:
    """With steady noise turned down by at most 15 dB, mono, same length.

    Spectral subtraction in the power spectrum (Berouti, Schwartz and Makhoul 1979) with the gain smoothed over time and
    frequency against musical noise. The noise of a band is the mean of its quietest tenth of frames; what changes faster
    than that (clicks, other voices) stays.
    """
    rate, samples = audio.sample_rate, audio.to_mono()
    size = 2 ** round(np.log2(_WINDOW_S * rate))
    if len(samples) < 4 * size:
        return Audio.mono(samples, rate)
    _, _, bins = stft(samples, rate, nperseg=size, noverlap=3 * size // 4)
    power = np.abs(bins) ** 2
    quiet = np.sort(power, axis=1)[:, : max(1, round(_QUIET_SHARE * power.shape[1]))].mean(1, keepdims=True)
    # The quietest tenth of exponentially distributed powers has a mean of about a twentieth of theirs.
    noise = quiet / 0.0518
    gain = np.sqrt(np.maximum(1.0 - _OVER * noise / np.maximum(power, 1e-20), 0.0))
    gain = np.maximum(uniform_filter(gain, _SMOOTH, mode="nearest"), 10.0 ** (_FLOOR_DB / 20.0))
    _, cleaned = istft(bins * gain, rate, nperseg=size, noverlap=3 * size // 4)
    return Audio.mono(np.asarray(cleaned[: len(samples)], np.float32), rate)
