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
_STAY: Final = 0
_NEAR: Final = 1
_FAR: Final = 2


@dataclass(frozen=True, slots=True)
class Path:
    """Sequence frame of each frame of the sound, and the decimal logarithm of the paths there were to choose from."""

    at: Index
    log10_cost: float


def follow(scores: Array, tempo: float, key: WatermarkKey) -> Path:
    """Best path for a score map ``[BANDS, frames]`` advancing at ``tempo``, free to skip ahead a little or to jump, at a price.

    A jump costs the logarithm of its alternatives: any step, either kind, any landing place of that kind. In correlation that
    is ``nats / z`` standard deviations at the z-score where detection is decided.
    """
    frames = scores.shape[1] // _STRIDE * _STRIDE
    pairs = scores[:, :frames].reshape(scores.shape[0], -1, _STRIDE).sum(axis=2)
    pilots = pilot_frames(key).reshape(_POSITIONS, _STRIDE, -1).mean(axis=1)
    emission = pairs.T @ pilots.T
    steps = len(emission)
    nats = {_STAY: 0.0, _NEAR: math.log(2 * steps * _SKIP), _FAR: math.log(2 * steps * _POSITIONS)}
    power = float(np.sum(scores**2, dtype=np.float64)) * _CELL_VARIANCE * PILOTS_PER_SLOT / BANDS
    unit = math.sqrt(power) / _DECIDED_AT_Z
    near, far = np.float32(nats[_NEAR] * unit), np.float32(nats[_FAR] * unit)
    advance = np.diff(np.floor(np.arange(steps) * tempo + 0.5).astype(np.int64), prepend=0)
    history = np.empty((steps, _POSITIONS), dtype=np.float32)
    kind = np.zeros((steps, _POSITIONS), dtype=np.uint8)
    history[0] = emission[0]
    for i in range(1, steps):
        moved = np.roll(history[i - 1], advance[i])
        skipped = np.roll(_largest_behind(moved), 1) - near
        jumped = np.maximum(skipped, history[i - 1].max() - far)
        best = np.maximum(moved, jumped)
        kind[i] = np.where(best == moved, _STAY, np.where(jumped == skipped, _NEAR, _FAR))
        np.add(best, emission[i], out=history[i])
    place, total = _trace(history, kind, advance, nats)
    at = np.repeat(place * _STRIDE, _STRIDE) + np.tile(np.arange(_STRIDE), steps)
    at = np.append(at, at[-1:] + 1) if scores.shape[1] > frames else at
    return Path(at % SEQUENCE_FRAMES, total / math.log(10))


def _trace(history: Array, kind: np.ndarray, advance: Index, nats: dict[int, float]) -> tuple[Index, float]:
    """Walk back from the best end: position at every step, and the price of all jumps in nats."""
    steps = len(history)
    place = np.empty(steps, dtype=np.int64)
    place[-1] = int(history[-1].argmax())
    total = 0.0
    for i in range(steps - 1, 0, -1):
        how = int(kind[i, place[i]])
        total += nats[how]
        before = int((place[i] - advance[i]) % _POSITIONS)
        if how == _NEAR:
            behind = (before - 1 - np.arange(_SKIP)) % _POSITIONS
            before = int(behind[history[i - 1, behind].argmax()])
        elif how == _FAR:
            before = int(history[i - 1].argmax())
        place[i - 1] = before
    return place, total


def _largest_behind(values: Array) -> Array:
    """Largest of each value and the ``_SKIP - 1`` before it, around the circle."""
    reach = 1
    while reach < _SKIP:
        values = np.maximum(values, np.roll(values, reach))
        reach *= 2
    return values
