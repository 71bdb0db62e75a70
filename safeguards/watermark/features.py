"""From sound to the numbers that carry the mark: log band energies, with the speech's own envelope predicted away."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.watermark.layout import HOP, SLOT_FRAMES, WINDOW, Array, band_matrix

Spectrum = NDArray[np.complex64]

# The residual is the log energy less what its neighbours in time and in frequency predict. The weights are those of an
# informed prototype; they whiten speech roughly and leave the mark's own cell at gain 1.
_NEXT_SLOT: Final = 0.4
_SECOND_SLOT: Final = 0.1
_NEXT_BAND: Final = 0.40
LIMIT_DB: Final = 4.0
FLOOR: Final = 1e-9
_SPAN_DB: Final = 75.0
_SPAN_FADE_DB: Final = 20.0
_FLOOR_FADE_DB: Final = 6.0


@cache
def window() -> Array:
    """Periodic Hann window of ``WINDOW`` samples."""
    hann: Array = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    hann.setflags(write=False)
    return hann


def stft(x: Array) -> Spectrum:
    """Spectrum of ``x`` (``[time]``, 16 kHz): ``[frames, bins]``, frame ``t`` centred on sample ``t * HOP``, zeros outside."""
    half = WINDOW // 2
    padded = np.pad(x, (half, half))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.fft.rfft(frames * window(), axis=1).astype(np.complex64, copy=False)


def power(x: Array) -> Array:
    """Power spectrum ``[bins, frames]`` of ``x``."""
    return np.ascontiguousarray((np.abs(stft(x)) ** 2).T)


def extend(values: Array, before: int, after: int) -> Array:
    """Repeat the first and the last column; ``np.pad`` takes longer than what follows it here."""
    rows, columns = values.shape
    longer = np.empty((rows, before + columns + after), dtype=values.dtype)
    longer[:, :before] = values[:, :1]
    longer[:, before : before + columns] = values
    longer[:, before + columns :] = values[:, -1:]
    return longer


def smooth_slot(energy: Array) -> Array:
    """Mean over the ``SLOT_FRAMES`` frames around each frame, ``[bands, frames]``; edges repeated."""
    padded = extend(energy, 2, SLOT_FRAMES - 3)
    frames = energy.shape[1]
    total = padded[:, :frames].copy()
    for shift in range(1, SLOT_FRAMES):
        total += padded[:, shift : shift + frames]
    total /= np.float32(SLOT_FRAMES)
    return total


def log_energy(spectral_power: Array, pitch: float = 1.0) -> Array:
    """Slot-smoothed log band energies in dB, ``[BANDS, frames]``."""
    level: Array = 10 * np.log10(smooth_slot(band_matrix(pitch) @ spectral_power) + np.float32(FLOOR))
    return level


def predict_away(level: Array) -> Array:
    """Return ``level`` (dB, ``[BANDS, frames]``) less the prediction from its neighbours."""
    one, two = SLOT_FRAMES, 2 * SLOT_FRAMES
    frames = level.shape[1]
    padded = extend(level, two, two)
    near = padded[:, two - one : two - one + frames] + padded[:, two + one : two + one + frames]
    near *= np.float32(_NEXT_SLOT)
    far = padded[:, :frames] + padded[:, 2 * two : 2 * two + frames]
    far *= np.float32(_SECOND_SLOT)
    residual = level - near
    residual -= far
    beside = np.empty_like(residual)
    np.add(residual[2:], residual[:-2], out=beside[1:-1])
    beside[0] = 2 * residual[1]
    beside[-1] = 2 * residual[-2]
    beside *= np.float32(_NEXT_BAND)
    residual -= beside
    return residual


def reliability(level: Array) -> Array:
    """Weight in [0, 1] of every band and frame: 0 where there is nothing but rounding noise, or a dip under the band's own floor.

    Quiet cells count in full. They carry most of the mark that codecs and rooms leave standing; weighting by loudness, as one
    would against added white noise, costs a third of the score under everything else.
    """
    loud = np.quantile(level.max(axis=0)[::2], 0.9)
    floor = np.quantile(level[:, ::2], 0.08, axis=1)[:, None]
    from_loud = np.clip((level - (loud - _SPAN_DB)) / _SPAN_FADE_DB, 0, 1)
    from_floor = np.clip((level - floor) / _FLOOR_FADE_DB + 1, 0, 1)
    weight: Array = (from_loud * from_floor).astype(np.float32)
    return weight


def score_map(spectral_power: Array, pitch: float = 1.0) -> Array:
    """Return the weighted residual ``[BANDS, frames]`` that the detector correlates with the keyed signs."""
    level = log_energy(spectral_power, pitch)
    weight = reliability(level)
    residual = np.float32(LIMIT_DB) * np.tanh(predict_away(level) / np.float32(LIMIT_DB))
    centre = (weight * residual).sum(axis=0) / (weight.sum(axis=0) + np.float32(0.5))
    score: Array = weight * (residual - centre)
    return score
