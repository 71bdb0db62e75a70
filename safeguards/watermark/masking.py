"""How far each bin may be moved: the bound on audibility, set before any optimisation."""

from __future__ import annotations

from typing import Final

import numpy as np

from safeguards.watermark.layout import RATE, WINDOW, Array

MAX_GAIN_DB: Final = 2.2
LOW_SHARE: Final = 0.6
QUIET_BONUS: Final = 1.1
_SPLIT_HZ: Final = 1000.0
_SPLIT_WIDTH_HZ: Final = 150.0


def gain_caps(spectral_power: Array, first_bin: int, last_bin: int) -> Array:
    """Largest gain in dB, up or down, for bins ``first_bin..last_bin`` of a power spectrum ``[bins, frames]``.

    Below 1 kHz the ear resolves single harmonics and hears level changes of them, so the cap is low there; above, noise-like
    changes within a critical band are masked by the band itself down to about -5 dB, which a gain of 3.8 dB keeps.
    """
    hz = np.arange(first_bin, last_bin) * (RATE / WINDOW)
    low = LOW_SHARE + (1 - LOW_SHARE) / (1 + np.exp(-(hz - _SPLIT_HZ) / _SPLIT_WIDTH_HZ))
    level = 10 * np.log10(_local_mean(spectral_power[first_bin:last_bin]) + 1e-9)
    loud = np.quantile(level.max(axis=0), 0.9)
    quiet = 1 / (1 + np.exp(-(loud - 20 - level) / 3))
    caps: Array = (MAX_GAIN_DB * low[:, None] * (1 + QUIET_BONUS * quiet)).astype(np.float32)
    return caps


def _local_mean(values: Array) -> Array:
    """Mean over 5 bins and 3 frames, edges repeated."""
    padded = np.pad(values, ((2, 2), (1, 1)), mode="edge")
    bins, frames = values.shape
    rows = np.add.reduce([padded[i : i + bins] for i in range(5)])
    mean: Array = np.add.reduce([rows[:, j : j + frames] for j in range(3)]) / np.float32(15)
    return mean
