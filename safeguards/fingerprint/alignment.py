"""Where two fingerprints run together: local alignment along lines of equal speed, with drift and jumps.

The dynamic programme is that of T. F. Smith and M. S. Waterman, "Identification of common molecular subsequences", J. Mol. Biol. 147,
1981, with moments of sound for letters and an offset on a fixed grid for the diagonal. A moment that resembles the other clip's adds to
the score, one that does not takes away; the score never falls below zero, so that only the shared part of two clips counts (a crop, a
half spliced away). An offset may drift by one step (a speed between those tried) and may jump anywhere (something was cut out).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint.record import FIRST_S, Record

SPEEDS: Final = np.round(np.arange(0.88, 1.121, 0.03), 2)
# Chosen on training speakers, together with the projection's whitening. The threshold lies where a moment is as likely to come from the
# same speech, distorted, as from other speech; below it nothing is learned from how unlike two moments are.
_THRESHOLD: Final = 0.5
_WORST: Final = 0.25
_DRIFT: Final = 0.1
_JUMP: Final = 2.0

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best shared stretch.

    Attributes:
        score: sum over the stretch of weight times (cosine - 0.5), floored at -0.25 a moment.
        cosine: weighted mean cosine along the stretch.
        speed: how much faster than the record the query plays.
        offset_s: where in the record the query begins, from the start of the stretch (negative: before it).
        overlap_s: length of the stretch in the query.
    """

    score: float
    cosine: float
    speed: float
    offset_s: float
    overlap_s: float


@dataclass(frozen=True, eq=False)
class _Lattice:
    """Moment scores of a pair, ready to be read along lines: ``padded[i, start(speed, i) + k]`` is query row i at offset k."""

    padded: Floats
    starts: NDArray[np.int64]  # [speeds, rows]
    offsets: int
    step_s: float
    least_offset: int

    def row(self, i: int) -> Floats:
        """Shape ``[speeds, offsets]``."""
        return np.stack([self.padded[i, start : start + self.offsets] for start in self.starts[:, i]])


def align(query: Record, record: Record) -> Alignment:
    """The best local alignment over all speeds from 0.88 to 1.12 and all offsets."""
    similarity, weights, step = _similarity(query, record)
    lattice = _lattice(weights * np.maximum(similarity - _THRESHOLD, -_WORST), query, step, SPEEDS)
    kept = np.zeros((len(SPEEDS), lattice.offsets + 2), dtype=np.float32)
    best, where, last = 0.0, 0, 0
    for i in range(len(similarity)):
        kept[:, 1:-1] = _advance(kept) + lattice.row(i)
        top = int(kept[:, 1:-1].argmax())
        value = float(kept[:, 1:-1].reshape(-1)[top])
        if value > best:
            best, where, last = value, top // lattice.offsets, i
    if best <= 0.0:
        return Alignment(0.0, float(similarity.max()), 1.0, 0.0, 0.0)
    return _traced(query, similarity, weights, step, SPEEDS[where : where + 1], last, best)


def _similarity(query: Record, record: Record) -> tuple[Floats, Floats, float]:
    """Cosines and weights, shape ``[query vectors, 2 * record vectors - 1]``: the record's vectors and the midpoints between them."""
    vectors = np.empty((2 * len(record.vectors) - 1, record.vectors.shape[1]), dtype=np.float32)
    vectors[::2] = record.vectors
    between = record.vectors[1:] + record.vectors[:-1]
    vectors[1::2] = between / np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-6)
    weights = np.empty(len(vectors), dtype=np.float32)
    weights[::2] = record.weights
    weights[1::2] = (record.weights[1:] + record.weights[:-1]) / 2
    # A record's hop may exceed the query's; the count of moments is the query's, so each counts by its own length.
    share = np.float32(query.hop_s / 0.08)
    pair = np.minimum(query.weights[:, None], weights[None]) * share
    return query.vectors @ vectors.T, pair, record.hop_s / 2


def _lattice(scores: Floats, query: Record, step: float, speeds: NDArray[np.float64]) -> _Lattice:
    rows, columns = scores.shape
    # Query time t lies at record time speed * t + offset; column = (record time - FIRST_S) / step.
    base = np.round((query.times_s[None, :] * speeds[:, None] - FIRST_S) / step).astype(np.int64)
    low, high = int(base.min()), int(base.max())
    reach = high - low
    padded = np.zeros((rows, reach + columns + reach), dtype=np.float32)
    padded[:, reach : reach + columns] = scores
    # Offset k = 0 puts the query's last moment on the record's first column.
    return _Lattice(padded, base - high + reach, columns + reach, step, -high)


def _advance(kept: Floats) -> Floats:
    """What each offset may continue from: itself, a neighbour, any other by a jump, or nothing."""
    here = kept[:, 1:-1]
    near = np.maximum(kept[:, :-2], kept[:, 2:]) - np.float32(_DRIFT)
    far = np.maximum(here.max(axis=1, keepdims=True) - np.float32(_JUMP), 0.0)
    return np.maximum(np.maximum(here, near), far)


def _traced(
    query: Record,
    similarity: Floats,
    weights: Floats,
    step: float,
    speed: NDArray[np.float64],
    last: int,
    best: float,
) -> Alignment:
    """Run the best speed again, remembering every value, and walk back from its best end."""
    lattice = _lattice(weights * np.maximum(similarity - _THRESHOLD, -_WORST), query, step, speed)
    cosines = _lattice(similarity, query, step, speed)
    counted = _lattice(weights, query, step, speed)
    values = np.zeros((last + 2, lattice.offsets + 2), dtype=np.float32)
    for i in range(last + 1):
        values[i + 1, 1:-1] = (_advance(values[i][None]) + lattice.row(i))[0]
    k = int(values[last + 1].argmax())
    total, weight, i = 0.0, 0.0, last
    while True:
        amount = float(counted.row(i)[0, k - 1])
        total += amount * float(cosines.row(i)[0, k - 1])
        weight += amount
        before = values[i]
        options = (
            (float(before[k]), k),
            (float(before[k - 1]) - _DRIFT, k - 1),
            (float(before[min(k + 1, len(before) - 1)]) - _DRIFT, min(k + 1, len(before) - 1)),
            (float(before.max()) - _JUMP, int(before.argmax())),
        )
        value, previous = max(options)
        if value <= 0.0 or i == 0 or not 1 <= previous <= lattice.offsets:
            break
        i, k = i - 1, previous
    offset = (k - 1 + lattice.least_offset) * step
    return Alignment(best, total / max(weight, 1e-6), float(speed[0]), offset, (last - i + 1) * query.hop_s)
