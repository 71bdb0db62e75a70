"""Following the phase through cuts and insertions: a Viterbi search over sequence positions with jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import BANDS, PILOTS_PER_SLOT, SEQUENCE_FRAMES, Array, Index
from safeguards.watermark.search import pilot_frames

_STRIDE: Final = 2
_POSITIONS: Final = SEQUENCE_FRAMES // _STRIDE
_SKIP: Final = 32
"""Steps of 20 ms that a short cut may take out."""
_DECIDED_AT_Z: Final = 8.0
_CELL_VARIANCE: Final = 1.75
"""Variance of a cell's weighted sum over that of its frames taken alone: the frames of a cell rise and fall together."""
_NEAR: Final = 1
_FAR: Final = 2


@dataclass(frozen=True, slots=True)
class Path:
    """Sequence frame of each frame of the sound, and the decimal logarithm of the paths there were to choose from."""

    at: Index
    log10_cost: float


def follow(scores: Array, tempo: float, key: WatermarkKey, payload: int | None = None) -> Path:
    """Best path for a score map ``[BANDS, frames]`` advancing at ``tempo``, free to skip ahead a little or to jump, at a price.

    A jump costs the logarithm of its alternatives: any step, either kind, any landing place of that kind. In correlation that
    is ``nats / z`` standard deviations at the z-score where detection is decided.
    """
    frames = scores.shape[1] // _STRIDE * _STRIDE
    pairs = scores[:, :frames].reshape(scores.shape[0], -1, _STRIDE).sum(axis=2)
    pilots = pilot_frames(key, payload).reshape(_POSITIONS, _STRIDE, -1).mean(axis=1)
    emission = pairs.T @ pilots.T
    steps = len(emission)
    nats = (0.0, math.log(2 * steps * _SKIP), math.log(2 * steps * _POSITIONS))
    power = float(np.sum(scores**2, dtype=np.float64)) * _CELL_VARIANCE
    power *= 1.0 if payload is not None else PILOTS_PER_SLOT / BANDS
    unit = math.sqrt(power) / _DECIDED_AT_Z
    near, far = np.float32(nats[_NEAR] * unit), np.float32(nats[_FAR] * unit)
    advance = np.diff(np.floor(np.arange(steps) * tempo + 0.5).astype(np.int64), prepend=0)
    history = np.empty((steps, _POSITIONS), dtype=np.float32)
    history[0] = emission[0]
    ring = np.empty(_POSITIONS + _SKIP, dtype=np.float32)  # the last step moved on, its end repeated before its start
    moved = ring[_SKIP:]
    for i in range(1, steps):
        by = int(advance[i])
        moved[by:] = history[i - 1, : _POSITIONS - by]
        moved[:by] = history[i - 1, _POSITIONS - by :]
        ring[:_SKIP] = ring[_POSITIONS:]
        best = _largest_before(ring)
        best -= near
        np.maximum(best, history[i - 1].max() - far, out=best)
        np.maximum(best, moved, out=best)
        np.add(best, emission[i], out=history[i])
    place, total = _trace(history, advance, near, far, nats)
    at = np.repeat(place * _STRIDE, _STRIDE) + np.tile(np.arange(_STRIDE), steps)
    at = np.append(at, at[-1:] + 1) if scores.shape[1] > frames else at
    return Path(at % SEQUENCE_FRAMES, total / math.log(10))


def _trace(
    history: Array, advance: Index, near: np.float32, far: np.float32, nats: tuple[float, float, float]
) -> tuple[Index, float]:
    """Walk back from the best end: position at every step, and the price of all jumps in nats."""
    steps = len(history)
    place = np.empty(steps, dtype=np.int64)
    place[-1] = int(history[-1].argmax())
    total = 0.0
    for i in range(steps - 1, 0, -1):
        last = history[i - 1]
        stayed = int((place[i] - advance[i]) % _POSITIONS)
        behind = (stayed - 1 - np.arange(_SKIP)) % _POSITIONS
        values = (last[stayed], last[behind].max() - near, last.max() - far)
        how = int(np.argmax(values))  # the first of equals: to stay is free
        total += nats[how]
        place[i - 1] = (stayed, behind[last[behind].argmax()], last.argmax())[how]
    return place, total


def _largest_before(ring: Array) -> Array:
    """Largest of the ``_SKIP`` values before each value of ``ring[_SKIP:]``."""
    values = ring[:-1]
    reach = 1
    while reach < _SKIP:
        values = np.maximum(values[reach:], values[:-reach])
        reach *= 2
    return values
