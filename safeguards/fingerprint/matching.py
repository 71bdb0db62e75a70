"""Do two fingerprints come from the same speech? Slide one along the other at every playing speed from 0.88 to 1.12."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from safeguards.fingerprint.record import Record

SPEEDS = np.round(np.arange(0.88, 1.121, 0.02), 2)
FALSE_MATCH_RATE = 1e-3  # of one query against the whole index; a match is believed below it
_MIN_OVERLAP_S = 0.75
_MIN_SHARE = 0.5  # of the shorter clip: a clip cut in two still overlaps one half wholly
# The best score of unrelated speech over all slides follows a Gumbel law whose place and width shrink with the overlap;
# constants fitted by safeguards.fingerprint.train on pairs of different recordings of the training speakers.
_NULL_PLACE = (0.1730, 0.4528)
_NULL_WIDTH = (0.0197, 0.1209)


@dataclass(frozen=True, slots=True)
class Match:
    """A record that resembles the query.

    Attributes:
        id: of the record.
        score: mean cosine along the best line, in [-1, 1].
        offset_s: where in the record the query begins (negative: the query begins before it).
        speed: how much faster than the record the query plays.
        log10_p: of a score this high between unrelated speech; the number of records searched is not yet in it.
        overlap_s: length of query that was compared.
    """

    id: str
    score: float
    offset_s: float
    speed: float
    log10_p: float = 0.0
    overlap_s: float = 0.0


def compare(query: bytes, record: bytes, *, id: str = "") -> Match | None:  # noqa: A002 - the word of the public type
    """The best alignment of two fingerprints; None when they are too short to be compared.

    Raises:
        FingerprintError: for bytes that are no fingerprint.
    """
    return align(Record.from_bytes(query), Record.from_bytes(record), id)


def align(query: Record, record: Record, name: str) -> Match | None:
    """As ``compare``, on parsed records."""
    similarity = query.vectors @ record.vectors.T
    rows = np.arange(len(query.vectors))
    times = (rows + 0.5) * query.hop_s
    shorter = min(len(query.vectors) * query.hop_s, len(record.vectors) * record.hop_s)
    least = max(_MIN_OVERLAP_S, _MIN_SHARE * shorter)
    need = max(1, math.floor(least / query.hop_s))
    best: tuple[float, float, float, int] | None = None
    for speed in SPEEDS:
        # Query time t lies at record time speed * t + offset.
        placed = times * speed / record.hop_s - 0.5
        first, last = -placed[-1], len(record.vectors) - 1 - placed[0]
        for shift in np.arange(math.floor(first), math.ceil(last) + 1, 0.5):
            columns = np.round(placed + shift).astype(int)
            inside = (columns >= 0) & (columns < len(record.vectors))
            count = int(inside.sum())
            if count < need:
                continue
            score = float(similarity[rows[inside], columns[inside]].mean())
            # Longer overlaps are judged by their own null, so compare surprise, not the bare score.
            surprise = (score - _null(count)[0]) / _null(count)[1]
            if best is None or surprise > best[0]:
                best = (surprise, float(speed), float(shift * record.hop_s), count)
                kept = score
    if best is None:
        return None
    surprise, speed, offset, count = best
    return Match(name, kept, offset, speed, _log10_gumbel(surprise), count * query.hop_s)


def _null(count: int) -> tuple[float, float]:
    root = 1.0 / math.sqrt(count)
    return _NULL_PLACE[0] + _NULL_PLACE[1] * root, _NULL_WIDTH[0] + _NULL_WIDTH[1] * root


def _log10_gumbel(surprise: float) -> float:
    """log10 of 1 - exp(-exp(-surprise)), without losing the far tail."""
    if surprise > 30:
        return -surprise / math.log(10)
    return math.log10(-math.expm1(-math.exp(-surprise)))
