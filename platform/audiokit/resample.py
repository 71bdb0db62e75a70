"""Sample-rate conversion."""

from __future__ import annotations

import numpy as np

from audiokit.audio import Audio


def resample(audio: Audio, sample_rate: int) -> Audio:
    """Convert ``audio`` to ``sample_rate`` hertz by a linear-phase band-limited filter without delay (soxr "HQ", 20 bit).

    The result has ``round(frames * sample_rate / audio.sample_rate)`` frames. At an equal rate the argument itself is
    returned. Peaks between samples may come out above 1.0; nothing is clipped here.

    Raises:
        ValueError: if ``sample_rate`` is not positive.
    """
    if sample_rate <= 0:
        raise ValueError(f"sample_rate must be positive, got {sample_rate}")
    if sample_rate == audio.sample_rate:
        return audio
    import soxr

    frames = round(audio.samples.shape[1] * sample_rate / audio.sample_rate)
    if frames == 0:
        return Audio(np.zeros((audio.channels, 0), np.float32), sample_rate)
    out = soxr.resample(np.ascontiguousarray(audio.samples.T), audio.sample_rate, sample_rate, quality="HQ").T
    fitted = np.zeros((audio.channels, frames), np.float32)
    fitted[:, : min(frames, out.shape[1])] = out[:, :frames]
    return Audio(fitted, sample_rate)
