"""How far apart two pronunciations sound: a weighted edit distance over articulatory classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from safeguards.challenge.lexicon import Pronunciation

VOWELS = frozenset(("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"))
# Classes of phones that listeners and acoustic models confuse; inside a class a swap costs half.
_CLASSES = (
    ("IY", "IH", "EY", "Y"),
    ("EH", "AE", "AH", "ER"),
    ("AA", "AO", "AH", "AW", "OW"),
    ("UH", "UW", "OW", "W"),
    ("AY", "OY", "AA"),
    ("P", "T", "K"),
    ("B", "D", "G"),
    ("P", "B"),
    ("T", "D", "DH", "TH"),
    ("K", "G"),
    ("S", "Z", "SH", "ZH"),
    ("F", "V", "TH", "DH", "HH"),
    ("CH", "JH", "SH", "ZH"),
    ("M", "N", "NG"),
    ("L", "R", "W"),
)


@lru_cache(maxsize=4096)
def substitution(first: str, second: str) -> float:
    """Cost of hearing one phone for another: 0 same, 0.5 similar, 1 otherwise, 1.2 a vowel for a consonant."""
    if first == second:
        return 0.0
    if any(first in group and second in group for group in _CLASSES):
        return 0.5
    return 1.2 if (first in VOWELS) != (second in VOWELS) else 1.0


def distance(first: Pronunciation, second: Pronunciation) -> float:
    """Least cost of turning one pronunciation into the other; an inserted or dropped phone costs 0.8."""
    return edit_distance(first, second, substitution)


def edit_distance(first: Sequence[str], second: Sequence[str], cost: Callable[[str, str], float]) -> float:
    """As :func:`distance`, with a cost of one sound for another that the caller knows."""
    gap = 0.8
    previous = np.arange(len(second) + 1) * gap
    for row, phone in enumerate(first, start=1):
        current = np.empty_like(previous)
        current[0] = row * gap
        for column, other in enumerate(second, start=1):
            current[column] = min(
                previous[column] + gap,
                current[column - 1] + gap,
                previous[column - 1] + cost(phone, other),
            )
        previous = current
    return float(previous[-1])


def syllables(pronunciation: Pronunciation) -> int:
    """Number of vowels."""
    return sum(phone in VOWELS for phone in pronunciation)
