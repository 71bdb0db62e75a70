"""Following the phase through cuts and insertions: a Viterbi search over sequence positions with jumps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import SEQUENCE_FRAMES, Array, Index
from safeguards.watermark.search import pilot_frames

_STRIDE: Final = 2
_POSITIONS: Final = SEQUENCE_FRAMES // _STRIDE
JUMP_NATS: Final = 13.0
"""Price of a jump: the logarithm of about how many jumps there are to choose from."""


@dataclass(frozen=True, slots=True)
class Path:
    """Sequence frame of each frame of the sound, and how many jumps that took."""

    at: Index
    jumps: int


def follow(scores: Array, tempo: float, key: WatermarkKey) -> Path:
    """Best path for a score map ``[BANDS, frames]`` advancing at ``tempo``, free to jump at a price.

    The price trades correlation for z-score at the slope where detection is decided: a jump must add about
    ``JUMP_NATS / z`` standard deviations for it to pay.
    """
    frames = scores.shape[1] // _STRIDE * _STRIDE
    pairs = scores[:, :frames].reshape(scores.shape[0], -1, _STRIDE).sum(axis=2)
    pilots = pilot_frames(key).reshape(_POSITIONS, _STRIDE, -1).mean(axis=1)
    emission = pairs.T @ pilots.T
    spread = float(np.sqrt(np.sum(scores**2, dtype=np.float64))) * 0.9 + 1e-9
    price = np.float32(JUMP_NATS / 7.0 * spread)
    steps = len(emission)
    index = np.floor(np.arange(steps) * tempo + 0.5).astype(np.int64)
    score = emission[0].copy()
    came_from = np.full((steps, _POSITIONS), -1, dtype=np.int16)
    for i in range(1, steps):
        moved = np.roll(score, index[i] - index[i - 1])
        best = int(score.argmax())
        jumped = score[best] - price
        better = moved < jumped
        came_from[i, better] = best
        score = np.maximum(moved, jumped) + emission[i]
    place = np.empty(steps, dtype=np.int64)
    here = int(score.argmax())
    jumps = 0
    for i in range(steps - 1, -1, -1):
        place[i] = here
        if i and came_from[i, here] >= 0:
            jumps += 1
            here = int(came_from[i, here])
        elif i:
            here = int((here - (index[i] - index[i - 1])) % _POSITIONS)
    at = np.repeat(place * _STRIDE, _STRIDE) + np.tile(np.arange(_STRIDE), steps)
    at = np.append(at, at[-1:] + 1) if scores.shape[1] > frames else at
    return Path(at % SEQUENCE_FRAMES, jumps)
