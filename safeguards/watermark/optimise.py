"""Informed embedding: choose bounded gains so that the detector's own cell scores come out with the wanted signs.

Blind addition of the pattern would leave the speech itself as interference. The embedder knows the speech, so it descends on a
hinge of the detector's cell scores through a magnitude model of the analysis chain, with the gradient written out by hand.
Compare Cox, Miller and McKellips (1999), "Watermarking as communications with side information", Proc. IEEE 87(7), section V.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from safeguards.watermark.features import FLOOR, LIMIT_DB, predict_away, reliability, smooth_slot, window
from safeguards.watermark.layout import HOP, SLOT_FRAMES, SLOT_WEIGHTS, WINDOW, Array, band_matrix
from safeguards.watermark.loudness import LoudnessGuard
from safeguards.watermark.masking import CUT_SHARE

FIRST_BIN: Final = 8
LAST_BIN: Final = 125
_DB: Final = np.float32(np.log(10) / 10)
_ACROSS_BINS: Final = (0.6, 0.2)
"""Share of a bin's own gain and of each neighbour's in what it becomes."""
_REACH: Final = 2
_BLOCK: Final = 64
_START: Final = np.float32(0.3)


@dataclass(frozen=True)
class Settings:
    """How hard to optimise.

    Attributes:
        steps: gradient steps.
        margin: wanted cell score, in units of the root-mean-square score of one frame.
        softness: width of the hinge.
        rate: step size on the gains' pre-image.
        gain_cost: weight of half the squared gain: what buys nothing is left alone.
        loudness_cost: weight of the squared loudness disturbance against the cell scores.
        noise_db: signal-to-noise ratios of white noise to optimise under, in turn; None is no noise.
    """

    steps: int = 30
    margin: float = 4.0
    softness: float = 2.0
    rate: float = 0.5
    gain_cost: float = 0.0015
    loudness_cost: float = 10.0
    noise_db: tuple[float | None, ...] = (None, 20.0, None, 10.0)


def optimise_gains(
    spectral_power: Array,
    signs: Array,
    caps: Array,
    settings: Settings,
    *,
    guard: LoudnessGuard | None = None,
    offset_db: Array | None = None,
    start: Array | None = None,
    fixed: int = 0,
    emphasis: Array | None = None,
) -> tuple[Array, Array]:
    """Choose gains.

    Args:
        spectral_power: host power ``[bins, frames]``.
        signs: wanted sign of each band and frame ``[BANDS, frames]``; the first frame starts a slot.
        caps: largest rise in dB, ``[LAST_BIN - FIRST_BIN, frames]``.
        settings: how hard.
        guard: what keeps loudness from changing audibly.
        offset_db: measured level minus modelled level of an earlier round ``[BANDS, frames]``.
        start: pre-image of the gains to start from, as returned; NaN where there is none yet.
        fixed: leave the gains of this many first frames as they are.
        emphasis: what each cell counts in the hinge ``[BANDS, slots]``; all alike without.

    Returns:
        The gains in dB ``[LAST_BIN - FIRST_BIN, frames]`` and their pre-image.
    """
    host = spectral_power[FIRST_BIN:LAST_BIN]
    matrix = band_matrix()[:, FIRST_BIN:LAST_BIN]
    back = np.ascontiguousarray(matrix.T)
    quiet = modelled_energy(spectral_power, np.zeros_like(caps))
    noises = {db: _noise_energy(host, matrix, db) for db in settings.noise_db}
    weights = {db: reliability(decibels(quiet + noise)) for db, noise in noises.items()}
    weight_sums = {db: weight.sum(axis=0) + np.float32(0.5) for db, weight in weights.items()}
    bounds = _Bounds(caps)
    frames = host.shape[1]
    starts = np.arange(0, frames, SLOT_FRAMES)
    slot = np.arange(frames) // SLOT_FRAMES
    wanted = np.resize(SLOT_WEIGHTS, frames) * signs
    blind = _START * np.sign(back @ signs)
    theta: Array = blind if start is None else np.where(np.isnan(start), blind, start)
    first = np.zeros_like(theta)
    second = np.zeros_like(theta)
    for step in range(settings.steps):
        tanh = np.tanh(theta)
        bound = bounds.of(theta)
        gain = bound * tanh
        marked = _smooth_gain(gain)
        marked *= _DB
        np.exp(marked, out=marked)
        marked *= host
        condition = settings.noise_db[step % len(settings.noise_db)]
        weight, weight_sum = weights[condition], weight_sums[condition]
        energy = smooth_slot(matrix @ marked)
        energy += noises[condition] + np.float32(FLOOR)
        level = decibels(energy)
        if offset_db is not None:
            level += offset_db
        limited = np.tanh(predict_away(level) * np.float32(1 / LIMIT_DB))
        residual = np.float32(LIMIT_DB) * limited
        score = weight * (residual - np.einsum("ij,ij->j", weight, residual) / weight_sum)
        scale = np.float32(math.sqrt(float(np.vdot(score, score)) / score.size) + 1e-3)
        cell = np.add.reduceat(score * wanted, starts, axis=1) / scale
        cell -= np.float32(settings.margin)
        pull = np.tanh(cell * np.float32(0.5 / settings.softness))
        pull -= 1
        pull *= np.float32(0.5) / scale
        if emphasis is not None:
            pull *= emphasis
        d_score = pull[:, slot] * wanted
        d_score *= weight
        d_score -= weight * (d_score.sum(axis=0) / weight_sum)
        limited *= limited
        np.subtract(1, limited, out=limited)
        d_level = predict_away(limited * d_score)
        d_marked = back @ _smooth_slot_back(d_level / energy)
        if guard is not None:
            d_marked += np.float32(settings.loudness_cost) * guard.gradient(marked)
        d_marked *= marked
        gradient = _smooth_gain(d_marked)
        gain *= np.float32(settings.gain_cost)
        gradient += gain
        tanh *= tanh
        np.subtract(1, tanh, out=tanh)
        bound *= tanh
        gradient *= bound
        gradient[:, :fixed] = 0
        moved = _adam(gradient, first, second, step)
        moved *= np.float32(settings.rate * _schedule(step, settings.steps))
        theta -= moved
    return bounds.of(theta) * np.tanh(theta), theta


class _Bounds:
    """Largest change in dB in the direction that a pre-image points to."""

    def __init__(self, caps: Array) -> None:
        self._mean: Array = caps * np.float32((1 + CUT_SHARE) / 2)
        self._spread: Array = caps * np.float32((1 - CUT_SHARE) / 2)

    def of(self, theta: Array) -> Array:
        """``caps`` where ``theta`` is positive, ``CUT_SHARE`` of them where it is not."""
        bound = np.copysign(self._spread, theta)
        bound += self._mean
        return bound


def decibels(energy: Array) -> Array:
    """Ten times the decimal logarithm, with the detector's floor."""
    level: Array = 10 * np.log10(energy + np.float32(FLOOR))
    return level


def modelled_power(spectral_power: Array, gain: Array) -> Array:
    """Bin powers that the gains should lead to, ``[LAST_BIN - FIRST_BIN, frames]``."""
    marked: Array = spectral_power[FIRST_BIN:LAST_BIN] * np.exp(_DB * _smooth_gain(gain))
    return marked


def modelled_energy(spectral_power: Array, gain: Array) -> Array:
    """Slot-smoothed band energies that the gains should lead to, ``[BANDS, frames]``."""
    return smooth_slot(band_matrix()[:, FIRST_BIN:LAST_BIN] @ modelled_power(spectral_power, gain))


def _noise_energy(host: Array, matrix: Array, snr_db: float | None) -> Array:
    """Band energies ``[BANDS, 1]`` of white noise at ``snr_db`` below the host."""
    if snr_db is None:
        return np.zeros((len(matrix), 1), dtype=np.float32)
    density = host.mean() * (2 * host.shape[0] / WINDOW) * 10 ** (-snr_db / 10)
    noise: Array = (density * matrix.sum(axis=1, keepdims=True)).astype(np.float32)
    return noise


def _schedule(step: int, steps: int) -> float:
    return 1.0 if step < 0.7 * steps else 0.4


def _adam(gradient: Array, first: Array, second: Array, step: int) -> Array:
    """Kingma and Ba (2015), algorithm 1, moments updated in place."""
    first *= np.float32(0.9)
    first += np.float32(0.1) * gradient
    gradient *= gradient
    gradient *= np.float32(0.02)
    second *= np.float32(0.98)
    second += gradient
    root: Array = np.sqrt(second, out=gradient)
    root += np.float32(1e-9)
    moved: Array = np.divide(first, root, out=root)
    moved *= np.float32(math.sqrt(1 - 0.98 ** (step + 1)) / (1 - 0.9 ** (step + 1)))
    return moved


def _smooth_slot_back(values: Array) -> Array:
    """Adjoint of ``smooth_slot`` but for the edges."""
    return smooth_slot(values[:, ::-1])[:, ::-1]


@cache
def _overlap() -> tuple[float, ...]:
    """Share of a frame's own gain in what an analysis frame sees after overlap-add, of its neighbours' each, and so on."""
    energy = window() ** 2
    shares = [float(energy @ energy)]
    # The third neighbour has 1e-9 of the sum.
    shares += [float(energy[:-at] @ energy[at:]) for at in range(HOP, _REACH * HOP + 1, HOP)]
    total = shares[0] + 2 * sum(shares[1:])
    return tuple(share / total for share in shares)


@cache
def _overlap_matrix() -> Array:
    """How ``_BLOCK`` frames mix with ``_REACH`` on each side, ``[_BLOCK + 2 * _REACH, _BLOCK]``."""
    apart = np.abs(np.arange(_BLOCK + 2 * _REACH)[:, None] - _REACH - np.arange(_BLOCK))
    shares: Array = np.array([*_overlap(), 0.0], dtype=np.float32)
    mixed: Array = shares[np.minimum(apart, _REACH + 1)]
    return mixed


def _smooth_gain(gain: Array) -> Array:
    """What gains per bin and frame amount to after overlap-add; symmetric, so its own adjoint but for the edges."""
    beside = np.float32(_ACROSS_BINS[1]) * gain
    across = np.float32(_ACROSS_BINS[0]) * gain
    across[1:] += beside[:-1]
    across[:-1] += beside[1:]
    frames = gain.shape[1]
    matrix = _overlap_matrix()
    smooth = beside
    for at in range(0, frames, _BLOCK):
        end = min(at + _BLOCK, frames)
        low, high = max(0, at - _REACH), min(end + _REACH, frames)
        part = matrix[low - at + _REACH : high - at + _REACH, : end - at]
        np.matmul(across[:, low:high], part, out=smooth[:, at:end])
    return smooth
