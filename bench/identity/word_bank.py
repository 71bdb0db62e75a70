"""Phrases as a challenge asks for them, put together from long words that one person really said.

Nobody of the corpus read our lists. A word cut out of fluent speech keeps the colour of its old neighbours and is shorter than
one read from a list, so that true phrases made this way are harder to accept than real readings. Attacks are made in
the audio: the words asked for stay, and something else is heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.identity.corpus import RATE, Item
from safeguards.challenge.lexicon import lookup, tokens
from safeguards.challenge.reading import Reading

Samples = NDArray[np.float32]
WORDS = 6  # as many as a challenge has
LEAST_PHONES = 5  # as in the lists
KINDS = ("replaced", "missing", "extra", "swapped", "repeated")
_EDGE_S, _FADE_S = 0.04, 0.01
_PAUSE_S = (0.2, 0.5)
_LEAST_WORD_S = 0.2


@dataclass(frozen=True, eq=False)
class SpokenWord:
    """A word and its sound."""

    word: str
    samples: Samples


@dataclass(frozen=True, eq=False)
class Phrase:
    """Words asked for, and what was heard instead: ``true`` or a kind of attack, made at word ``place``."""

    kind: str
    speaker: str
    asked: tuple[str, ...]
    place: int
    samples: Samples


def bank(rows: Sequence[Item]) -> list[SpokenWord]:
    """Every long word of the transcribed recordings, cut at its aligned edges; each word once."""
    found: dict[str, SpokenWord] = {}
    for row in rows:
        words = tokens(row.transcript)
        samples = row.load().to_mono()
        for word, (start, end) in zip(words, Reading(samples, words).spans, strict=True):
            if word in found or not _as_listed(word) or end - start < _LEAST_WORD_S:
                continue
            low, high = max(0, round((start - _EDGE_S) * RATE)), round((end + _EDGE_S) * RATE)
            found[word] = SpokenWord(word, _faded(samples[low:high]))
    return list(found.values())


def _as_listed(word: str) -> bool:
    variants = lookup(word)
    return bool(variants) and min(len(variant) for variant in variants) >= LEAST_PHONES


def phrases(speaker: str, words: Sequence[SpokenWord], count: int, rng: np.random.Generator) -> Iterator[Phrase]:
    """``count`` draws of six words: the true phrase, and one of each attack on it."""
    for _ in range(count):
        drawn = [words[int(place)] for place in rng.choice(len(words), WORDS + 1, replace=False)]
        own, other = drawn[:WORDS], drawn[WORDS]
        asked = tuple(word.word for word in own)
        place = int(rng.integers(WORDS))
        second = (place + 1) % WORDS
        swapped = list(own)
        swapped[place], swapped[second] = swapped[second], swapped[place]
        heard = {
            "true": own,
            "replaced": [*own[:place], other, *own[place + 1 :]],
            "missing": [*own[:place], *own[place + 1 :]],
            "extra": [*own[:place], other, *own[place:]],
            "swapped": swapped,
            "repeated": [*own[: place + 1], *own[place:]],
        }
        for kind, sounds in heard.items():
            yield Phrase(kind, speaker, asked, place, _joined([sound.samples for sound in sounds], rng))


def _faded(samples: Samples) -> Samples:
    ramp = np.linspace(0.0, 1.0, round(_FADE_S * RATE), dtype=np.float32)
    faded = samples.copy()
    faded[: len(ramp)] *= ramp
    faded[-len(ramp) :] *= ramp[::-1]
    return faded


def _joined(sounds: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """Words one after another at one level, with pauses of a faint room."""
    pieces = []
    for sound in sounds:
        level = float(np.sqrt(np.mean(sound**2)))
        pieces += [np.zeros(round(rng.uniform(*_PAUSE_S) * RATE), dtype=np.float32), sound * (0.05 / max(level, 1e-6))]
    joined = np.concatenate([*pieces, np.zeros(round(0.3 * RATE), dtype=np.float32)])
    return (joined + rng.normal(0.0, 10 ** (-60 / 20), len(joined))).astype(np.float32)
