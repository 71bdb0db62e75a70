"""Do two fingerprints resemble each other by more than chance, and enough to be the same recording?

The best local alignment score between unrelated clips follows S. Karlin and S. F. Altschul, "Methods for assessing the statistical
significance of molecular sequence features", PNAS 87, 1990: the number of chance alignments scoring at least S in an area of m query
seconds times n record seconds is E = K m n exp(-lambda S), and the p-value is 1 - exp(-E). An index adds up the areas of its records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from safeguards.fingerprint.alignment import align
from safeguards.fingerprint.planes import Question, question
from safeguards.fingerprint.record import Record

FALSE_MATCH_RATE: Final = 1e-3  # of one query against the whole index, by chance
# Set on 30 sentences that one training speaker read twice: 29 stay below it, 97 % of distorted copies of 3 s above.
SAME_RECORDING_SCORE: Final = 0.83
# Fitted by safeguards.fingerprint.fit_null on pairs of different sentences of training speakers, one of each pair distorted.
_LAMBDA: Final = 6.302
_LOG10_K: Final = -1.834


@dataclass(frozen=True, slots=True)
class Match:
    """A record that resembles the query.

    Attributes:
        id: of the record.
        score: weighted mean cosine along the shared stretch, in [-1, 1]; 1 is the same sound.
        offset_s: where in the record the query begins (negative: the query begins before it).
        speed: how much faster than the record the query plays.
        log10_p: of an alignment this good by chance, against everything that was searched.
        overlap_s: length of query that was found.
        pitch: how much higher than the record the query sounds, as a factor.
        strength: the alignment's score, from which ``log10_p`` follows.
    """

    id: str
    score: float
    offset_s: float
    speed: float
    log10_p: float = 0.0
    overlap_s: float = 0.0
    strength: float = 0.0
    pitch: float = 1.0

    @property
    def surprising(self) -> bool:
        """Whether it is more than chance, at ``FALSE_MATCH_RATE`` for the whole search."""
        return self.log10_p <= math.log10(FALSE_MATCH_RATE)

    @property
    def believed(self) -> bool:
        """Whether it is the same recording: surprising, and too alike to be another reading of the same sentence."""
        return self.surprising and self.score >= SAME_RECORDING_SCORE


def seconds(record: Record) -> float:
    """Length of speech described, for the area of a search."""
    return len(record.weights) * record.hop_s


def compare(query: bytes, record: bytes, *, id: str = "") -> Match:  # noqa: A002 - the word of the public type
    """The best alignment of two fingerprints; ``log10_p`` is for this one pair.

    Raises:
        FingerprintError: for bytes that are no fingerprint.
    """
    asked, held = Record.from_bytes(query), Record.from_bytes(record)
    return judge(question(asked), held, id, searched_s=seconds(held))


def judge(query: Question, record: Record, name: str, *, searched_s: float) -> Match:
    """As ``compare``, on a prepared query and a parsed record; ``searched_s`` is the length of all records among which this one was found."""
    best = align(query, record)
    log10_p = log10_chance(best.score, seconds(query.moments) * searched_s)
    return Match(name, best.cosine, best.offset_s, best.speed, log10_p, best.overlap_s, best.score, best.pitch)


def log10_chance(score: float, area: float) -> float:
    """log10 of the p-value of a score found in an area of so many square seconds."""
    log10_expected = _LOG10_K + math.log10(max(area, 1e-3)) - _LAMBDA * score / math.log(10)
    if log10_expected < -6:
        return log10_expected
    return math.log10(-math.expm1(-(10.0 ** min(log10_expected, 6.0))))
