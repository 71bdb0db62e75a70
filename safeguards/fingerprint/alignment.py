"""Where two fingerprints run together: local alignment along lines of equal speed, with drift and jumps.

The dynamic programme is that of T. F. Smith and M. S. Waterman, "Identification of common molecular subsequences", J. Mol. Biol. 147,
1981, with moments of sound for letters and an offset on a fixed grid for the diagonal. A moment that resembles the other clip's adds to
the score, one that does not takes away; the score never falls below zero, so that only the shared part of two clips counts (a crop, a
half spliced away). An offset may drift by one step (a speed between those tried) and may jump anywhere (something was cut out), both at
a price: the same person reading the same sentence again is alike too, but never in step for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint.planes import PLANES, Floats, Lattice, Plane, Question, lattice, pair_weights, similarities
from safeguards.fingerprint.record import Record

# Chosen on training speakers. Below the threshold nothing is learned from how unlike two moments are.
_THRESHOLD: Final = 0.55
_WORST: Final = 0.25
_DRIFT: Final = 0.3
_JUMP: Final = 3.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best shared stretch.

    Attributes:
        score: sum over the stretch of weight times (cosine - threshold), floored at -0.25 a moment.
        cosine: weighted mean cosine along the stretch.
        speed: how much faster than the record the query plays.
        pitch: how much higher than the record the query sounds, as a factor.
        offset_s: where in the record the query begins, from the start of the stretch (negative: before it).
        overlap_s: length of the stretch in the query.
    """

    score: float
    cosine: float
    speed: float
    pitch: float
    offset_s: float
    overlap_s: float


def align(asked: Question, record: Record) -> Alignment:
    """The best local alignment over all planes of speed and pitch and all offsets."""
    query = asked.moments
    cosines, step = similarities(asked, record)
    weights = pair_weights(query, record, next(iter(cosines.values())).shape[1])
    gains = {pitch: _gain(weights, cosine) for pitch, cosine in cosines.items()}
    searched = lattice(gains, query, step, PLANES)
    kept = np.zeros((len(PLANES), searched.offsets + 2), dtype=np.float32)
    best, where, last = 0.0, 0, 0
    for i in range(len(weights)):
        kept[:, 1:-1] = _advance(kept) + searched.row(i)
        value = float(kept.max())
        if value > best:
            best, where, last = value, int(kept[:, 1:-1].argmax()) // searched.offsets, i
    if best <= 0.0:
        return Alignment(0.0, float(cosines[1.0].max()), 1.0, 1.0, 0.0, 0.0)
    return _traced(query, cosines, weights, step, PLANES[where], last, best)


def ceiling(asked: Question, record: Record) -> float:
    """A bound no alignment's score can pass: each moment of the query with the moment of the record it is most like."""
    cosines, _ = similarities(asked, record)
    weights = pair_weights(asked.moments, record, next(iter(cosines.values())).shape[1])
    closest = np.maximum.reduce(list(cosines.values()))
    return float(np.maximum(_gain(weights, closest), 0.0).max(axis=1).sum())


def _gain(weights: Floats, cosine: Floats) -> Floats:
    return np.asarray(weights * np.maximum(cosine - np.float32(_THRESHOLD), np.float32(-_WORST)))


def _advance(kept: Floats) -> Floats:
    """What each offset may continue from: itself, a neighbour, any other by a jump, or nothing."""
    here = kept[:, 1:-1]
    near = np.maximum(kept[:, :-2], kept[:, 2:]) - np.float32(_DRIFT)
    far = np.maximum(here.max(axis=1, keepdims=True) - np.float32(_JUMP), 0.0)
    return np.asarray(np.maximum(np.maximum(here, near), far))


def _traced(
    query: Record, cosines: dict[float, Floats], weights: Floats, step: float, plane: Plane, last: int, best: float
) -> Alignment:
    """Run the best plane again, remembering every value, and walk back from its best end."""
    cosine = cosines[plane.pitch]
    along: list[Lattice] = [
        lattice({plane.pitch: values}, query, step, (plane,)) for values in (_gain(weights, cosine), cosine, weights)
    ]
    offsets = along[0].offsets
    values: NDArray[np.float32] = np.zeros((last + 2, offsets + 2), dtype=np.float32)
    for i in range(last + 1):
        values[i + 1, 1:-1] = (_advance(values[i][None]) + along[0].row(i))[0]
    k, i, total, weight = int(values[last + 1].argmax()), last, 0.0, 0.0
    while True:
        amount = float(along[2].row(i)[0, k - 1])
        total += amount * float(along[1].row(i)[0, k - 1])
        weight += amount
        before = values[i]
        options = (
            (float(before[k]), k),
            (float(before[k - 1]) - _DRIFT, k - 1),
            (float(before[k + 1]) - _DRIFT, k + 1),
            (float(before.max()) - _JUMP, int(before.argmax())),
        )
        value, previous = max(options)
        if value <= 0.0 or i == 0 or not 1 <= previous <= offsets:
            break
        i, k = i - 1, previous
    offset = (k - 1 + along[0].least_offset) * step
    overlap = (last - i + 1) * query.hop_s
    return Alignment(best, total / max(weight, 1e-6), plane.speed, plane.pitch, offset, overlap)
