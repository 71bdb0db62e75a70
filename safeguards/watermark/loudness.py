"""How much louder or softer each critical band becomes, by a loudness model: the second bound on audibility.

The bands, the threshold of hearing, Zwicker's loudness law and the dead zone of a quarter of the smaller loudness follow
ITU-T P.862 (2001), sections 10.2.4 to 10.2.9, simplified: no time alignment, frames of 32 ms every 10 ms, additive aggregation.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from safeguards.watermark.features import window
from safeguards.watermark.layout import RATE, WINDOW, Array

_BANDS: Final = 49
_POWER: Final = np.float32(0.23)
_DEAD_ZONE: Final = np.float32(0.25)
_LEVEL: Final = 1e7  # P.862's normalised level of active speech
_RISE: Final = 1.2
_RISE_FROM: Final = 3.0
_RISE_TO: Final = 12.0


@cache
def bark_matrix(first_bin: int, last_bin: int) -> tuple[Array, Array]:
    """Grouping of bins into Bark bands ``[bands, bins]`` and the threshold of hearing in each band ``[bands, 1]``."""
    hz = np.arange(first_bin, last_bin) * (RATE / WINDOW)
    edges = np.linspace(6 * np.arcsinh(30 / 600), 6 * np.arcsinh(8000 / 600), _BANDS + 1)
    band = np.searchsorted(edges, 6 * np.arcsinh(hz / 600), side="right") - 1
    used = np.unique(band)
    matrix = (used[:, None] == band).astype(np.float32)
    centre = (matrix @ hz) / matrix.sum(axis=1)
    threshold = np.maximum(0.27, 10 ** (0.36 * (centre / 1000) ** -0.8 - 0.9)).astype(np.float32)[:, None]
    return matrix, threshold


def level_factor(spectral_power: Array) -> np.float32:
    """Factor that brings a host's power spectrum ``[bins, frames]`` to P.862's level and band-power scale."""
    low, high = round(350 * WINDOW / RATE), round(3250 * WINDOW / RATE)
    mean_square = 2 * spectral_power[low:high].sum(axis=0).mean() / (WINDOW * float((window() ** 2).sum()))
    return np.float32(_LEVEL / max(float(mean_square), 1e-12) * 6.91e-4)


def loudness(power: Array, threshold: Array) -> Array:
    """Zwicker loudness of band powers ``[bands, frames]``, 0 under the threshold."""
    law = (0.5 + 0.5 * power / threshold) ** _POWER - 1
    scaled: Array = np.float32(0.1866) * (threshold / np.float32(0.5)) ** _POWER * np.maximum(law, 0)
    return scaled


def disturbance(power: Array, host: Array, host_loudness: Array, threshold: Array) -> tuple[Array, Array]:
    """Disturbance of every band and frame, and its derivative by the band's power with the extra weight of rises held.

    Args:
        power: marked band powers ``[bands, frames]`` at P.862's level.
        host: band powers before marking.
        host_loudness: their loudness.
        threshold: threshold of hearing.
    """
    now = loudness(power, threshold)
    change = now - host_loudness
    over = np.maximum(np.abs(change) - _DEAD_ZONE * np.minimum(now, host_loudness), 0)
    slope = np.float32(0.1866) * (threshold / np.float32(0.5)) ** _POWER * _POWER * np.float32(0.5) / threshold
    slope = slope * (0.5 + 0.5 * power / threshold) ** (_POWER - 1) * (now > 0)
    sign = np.where(change > 0, np.float32(1), -(1 + _DEAD_ZONE)) * (over > 0)
    rise = ((power + 50) / (host + 50)) ** _RISE
    weight = 1 + np.where(rise < _RISE_FROM, 0, np.minimum(rise, _RISE_TO)) * np.float32(0.15)
    return over * weight, sign * slope * weight


class LoudnessGuard:
    """Pulls gains back where a critical band's loudness leaves the dead zone.

    Args:
        host: host power of the optimised bins ``[bins, frames]``.
        spectral_power: host power of all bins, for the level.
        first_bin: number of the first optimised bin.
    """

    def __init__(self, host: Array, spectral_power: Array, first_bin: int) -> None:
        self._matrix, self._threshold = bark_matrix(first_bin, first_bin + len(host))
        self._factor = level_factor(spectral_power)
        self._host = self._matrix @ (host * self._factor)
        self._loudness = loudness(self._host, self._threshold)
        self._ratio: Array = np.ones_like(self._host)

    def observe(self, measured: Array, modelled: Array) -> None:
        """Learn how much the bands' measured power differs from the modelled, both ``[bins, frames]``."""
        floor = np.float32(1e-3)
        ratio = (self._matrix @ measured * self._factor + floor) / (self._matrix @ modelled * self._factor + floor)
        self._ratio = np.clip(ratio, np.float32(0.1), np.float32(10))

    def cost(self, marked: Array) -> Array:
        """Squared disturbance of every frame."""
        over, _ = disturbance(self._powers(marked), self._host, self._loudness, self._threshold)
        total: Array = (over**2).sum(axis=0)
        return total

    def gradient(self, marked: Array) -> Array:
        """Derivative of the summed squared disturbance by the marked bin powers ``[bins, frames]``."""
        over, slope = disturbance(self._powers(marked), self._host, self._loudness, self._threshold)
        back: Array = self._matrix.T @ (2 * over * slope * self._ratio) * self._factor
        return back

    def _powers(self, marked: Array) -> Array:
        powers: Array = self._matrix @ (marked * self._factor) * self._ratio
        return powers
