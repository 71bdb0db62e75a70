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
_ACROSS_BINS: Final = (0.2, 0.6, 0.2)
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

    Returns:
        The gains in dB ``[LAST_BIN - FIRST_BIN, frames]`` and their pre-image.
    """
    host = spectral_power[FIRST_BIN:LAST_BIN]
    matrix = band_matrix()[:, FIRST_BIN:LAST_BIN]
    quiet = modelled_energy(spectral_power, np.zeros_like(caps))
    noises = {db: _noise_energy(host, matrix, db) for db in settings.noise_db}
    weights = {db: reliability(decibels(quiet + noise)) for db, noise in noises.items()}
    cuts: Array = np.multiply(caps, CUT_SHARE, dtype=np.float32)
    frames = host.shape[1]
    slot = np.arange(frames) // SLOT_FRAMES
    shape = np.resize(SLOT_WEIGHTS, frames)
    blind = _START * np.sign(matrix.T @ signs)
    theta: Array = blind if start is None else np.where(np.isnan(start), blind, start)
    first = np.zeros_like(theta)
    second = np.zeros_like(theta)
    for step in range(settings.steps):
        tanh = np.tanh(theta)
        bound: Array = np.where(theta < 0, cuts, caps)
        gain = bound * tanh
        marked = host * np.exp(_DB * _smooth_gain(gain))
        condition = settings.noise_db[step % len(settings.noise_db)]
        weight = weights[condition]
        weight_sum = weight.sum(axis=0) + np.float32(0.5)
        energy = smooth_slot(matrix @ marked) + noises[condition] + np.float32(FLOOR)
        level = decibels(energy)
        if offset_db is not None:
            level += offset_db
        limited = np.tanh(predict_away(level) / np.float32(LIMIT_DB))
        residual = np.float32(LIMIT_DB) * limited
        score = weight * (residual - (weight * residual).sum(axis=0) / weight_sum)
        scale = np.sqrt(np.mean(score**2)) + np.float32(1e-3)
        cell = np.add.reduceat(score * shape * signs, np.arange(0, frames, SLOT_FRAMES), axis=1) / scale
        pull = np.float32(0.5) - np.float32(0.5) * np.tanh(
            (cell - np.float32(settings.margin)) / np.float32(2 * settings.softness)
        )
        d_score = -weight * pull[:, slot] * shape * signs / scale
        d_residual = d_score - weight * (d_score.sum(axis=0) / weight_sum)
        d_level = predict_away(d_residual * (1 - limited**2))
        d_energy = _smooth_slot_back(d_level / energy)
        d_marked = matrix.T @ d_energy
        if guard is not None:
            d_marked = d_marked + np.float32(settings.loudness_cost) * guard.gradient(marked)
        gradient: Array = _smooth_gain(d_marked * marked) + np.float32(settings.gain_cost) * gain
        gradient *= bound * (1 - tanh**2)
        gradient[:, :fixed] = 0
        theta -= np.float32(settings.rate * _schedule(step, settings.steps)) * _adam(gradient, first, second, step)
    gains: Array = np.where(theta < 0, cuts, caps) * np.tanh(theta)
    return gains, theta


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
    first += np.float32(0.1) * (gradient - first)
    second += np.float32(0.02) * (gradient**2 - second)
    scale = np.float32(math.sqrt(1 - 0.98 ** (step + 1)) / (1 - 0.9 ** (step + 1)))
    moved: Array = np.divide(scale * first, np.sqrt(second) + np.float32(1e-9), dtype=np.float32)
    return moved


def _smooth_slot_back(values: Array) -> Array:
    """Adjoint of ``smooth_slot`` but for the edges."""
    return smooth_slot(values[:, ::-1])[:, ::-1]


@cache
def _overlap() -> tuple[float, ...]:
    """Share of each neighbouring frame's gain in what an analysis frame sees after overlap-add."""
    energy = window() ** 2
    reach = WINDOW // HOP
    shares = []
    for j in range(-reach, reach + 1):
        shifted = np.zeros(WINDOW, dtype=np.float32)
        at = j * HOP
        shifted[max(0, at) : WINDOW + min(0, at)] = energy[max(0, -at) : WINDOW - max(0, at)]
        shares.append(float((energy * shifted).sum()))
    total = sum(shares)
    return tuple(share / total for share in shares)


def _smooth_gain(gain: Array) -> Array:
    """What gains per bin and frame amount to after overlap-add; symmetric, so its own adjoint but for the edges."""
    shares = _overlap()
    reach = len(shares) // 2
    bins, frames = gain.shape
    padded = np.zeros((bins + 2, frames + 2 * reach), dtype=np.float32)
    padded[1:-1, reach : reach + frames] = gain
    across = np.add.reduce([np.float32(a) * padded[i : i + bins] for i, a in enumerate(_ACROSS_BINS)])
    smooth: Array = np.add.reduce([np.float32(share) * across[:, j : j + frames] for j, share in enumerate(shares)])
    return smooth
