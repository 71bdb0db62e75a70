"""How far each bin may be moved: the bound on audibility, set before any optimisation."""

from __future__ import annotations

from typing import Final

import numpy as np

from safeguards.watermark.features import extend
from safeguards.watermark.layout import RATE, WINDOW, Array

MAX_GAIN_DB: Final = 2.7
CUT_SHARE: Final = 0.7
"""Of a bound, what a cut may use: models of quality mind holes more than they mind rises of as many decibels."""
LOW_SHARE: Final = 0.6
QUIET_BONUS: Final = 1.1
_QUIET_DB: Final = 20.0
_QUIET_WIDTH_DB: Final = 3.0
_PAUSE_DB: Final = 25.0
_LONG_EASE: Final = 0.15
_PAUSE_EASE: Final = 0.75
_LOUD_EASE: Final = 0.5
_LOUD_DB: Final = 12.0
_SPLIT_HZ: Final = 1000.0
_SPLIT_WIDTH_HZ: Final = 150.0


def bin_levels(spectral_power: Array, first_bin: int, last_bin: int) -> Array:
    """Levels in dB of bins ``first_bin..last_bin`` of a power spectrum ``[bins, frames]``, averaged over their neighbourhood."""
    level: Array = 10 * np.log10(_local_mean(spectral_power[first_bin:last_bin]) + np.float32(1e-9))
    return level


def loud_level(frame_peaks: Array) -> float:
    """The level of loud frames, from the highest bin level of every frame ``[frames]``."""
    return float(np.quantile(frame_peaks, 0.9))


def gain_caps(levels: Array, loud: float, first_bin: int, ease: float, pauses: float = 1.0) -> Array:
    """Largest rise in dB of every bin and frame; the largest cut is ``CUT_SHARE`` of it.

    Below 1 kHz the ear resolves single harmonics and hears level changes of them, so the cap is lower there. Bins more than
    20 dB under the loud level lie under the masking of their louder neighbours for most of the time and may move further.
    A clip that has cells to spare is eased: there the mark is turned down, above all in pauses, where it is heard first, and in
    the loudest bins, where DNSMOS minds it most and the mark is served least.

    Args:
        levels: from :func:`bin_levels`.
        loud: from :func:`loud_level`.
        first_bin: number of the first bin.
        ease: how gently, from 0 to 1, see ``strength.easing``.
        pauses: share of the easing that pauses get beyond the rest, see ``strength.pauses_eased``.
    """
    hz = np.arange(first_bin, first_bin + len(levels)) * (RATE / WINDOW)
    low = LOW_SHARE + (1 - LOW_SHARE) / (1 + np.exp(-(hz - _SPLIT_HZ) / _SPLIT_WIDTH_HZ))
    quiet = 0.5 + 0.5 * np.tanh((loud - _QUIET_DB - levels) / (2 * _QUIET_WIDTH_DB))
    soft = 0.5 - 0.5 * np.tanh((levels - (loud - _LOUD_DB)) / (2 * _QUIET_WIDTH_DB))
    speech = 0.5 - 0.5 * np.tanh((loud - _PAUSE_DB - levels.max(axis=0)) / (2 * _QUIET_WIDTH_DB))
    share = (
        (1 - _LONG_EASE * ease)
        * (1 - _LOUD_EASE * ease * (1 - soft))
        * (1 - _PAUSE_EASE * ease * pauses * (1 - speech))
    )
    caps: Array = (MAX_GAIN_DB * low[:, None] * (1 + QUIET_BONUS * quiet) * share).astype(np.float32)
    return caps


def _local_mean(values: Array) -> Array:
    """Mean over 5 bins and 3 frames, edges repeated."""
    bins, frames = values.shape
    padded = extend(extend(values, 1, 1).T, 2, 2).T
    rows = np.add.reduce([padded[i : i + bins] for i in range(5)])
    mean: Array = np.add.reduce([rows[:, j : j + frames] for j in range(3)]) / np.float32(15)
    return mean
