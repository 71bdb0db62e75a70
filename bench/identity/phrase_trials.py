"""Trials of the phrase check made from what real people really said.

Nobody of the corpus read our word lists, so a "challenge" is a run of words that a speaker said in a sentence, with
the audio cut out around it; attacks are made on the audio (a word cut away, doubled, replaced by another word of the
same speaker) or on the transcript (a word asked for that was not said). Rivals stay the lists' 512 words and any phones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.identity.corpus import RATE, Item
from safeguards.challenge.lexicon import lookup, pronunciations, tokens
from safeguards.challenge.phones import distance, syllables
from safeguards.challenge.phrases import is_long, word_lists
from safeguards.challenge.reading import Reading

Samples = NDArray[np.float32]
_LONG_WORDS = 6  # as many as a challenge has
_AROUND_S = 0.05


@dataclass(frozen=True, eq=False)
class Trial:
    """A recording, the words asked for, and what was done: ``true`` or the kind of attack."""

    kind: str
    speaker: str
    samples: Samples
    words: tuple[str, ...]

    @property
    def items(self) -> list[str]:
        """The words as one item: its long words are judged one by one, its short ones with their neighbours."""
        return [" ".join(self.words)]


def phrase_trials(row: Item, rng: np.random.Generator) -> Iterator[Trial]:
    """For each window of six long words in a transcribed recording: the true trial, and one of each attack."""
    words = tokens(row.transcript)
    if any(not lookup(word) for word in words):
        return
    samples = row.load().to_mono()
    spans = Reading(samples, words).spans
    longs = [place for place, word in enumerate(words) if is_long(word)]
    for first in range(0, len(longs) - _LONG_WORDS + 1, _LONG_WORDS):
        low, high = longs[first], longs[first + _LONG_WORDS - 1]
        start = max(0, round((spans[low][0] - _AROUND_S) * RATE))
        stop = min(len(samples), round((spans[high][1] + _AROUND_S) * RATE))
        yield from _window(row.speaker, samples[start:stop], words[low : high + 1], rng)


def _window(speaker: str, samples: Samples, words: list[str], rng: np.random.Generator) -> Iterator[Trial]:
    yield Trial("true", speaker, samples, tuple(words))
    longs = [place for place, word in enumerate(words) if is_long(word)]
    place = int(rng.choice(longs))
    lists = word_lists("en")
    other = lists.all[int(rng.integers(len(lists.all)))]
    yield Trial("replaced", speaker, samples, (*words[:place], other, *words[place + 1 :]))
    near = near_word(words[place], rng)
    if near is not None:
        yield Trial("near", speaker, samples, (*words[:place], near, *words[place + 1 :]))
    yield Trial("missing", speaker, samples, (*words[:place], other, *words[place:]))
    swapped = list(words)
    second = longs[(longs.index(place) + 1) % len(longs)]
    swapped[place], swapped[second] = swapped[second], swapped[place]
    yield Trial("swapped", speaker, samples, tuple(swapped))
    start, end = (round(moment * RATE) for moment in Reading(samples, words).spans[place])
    yield Trial("dropped", speaker, np.concatenate([samples[:start], samples[end:]]), tuple(words))
    yield Trial("repeated", speaker, np.concatenate([samples[:end], samples[start:end], samples[end:]]), tuple(words))
    yield Trial("extra", speaker, samples, (*words[:place], *words[place + 1 :]))


def near_word(word: str, rng: np.random.Generator) -> str | None:
    """A list-independent word that sounds close: same first phone, same syllable count, distance at most 2.5."""
    own = lookup(word)[0]
    names = [
        name
        for name, variants in pronunciations().items()
        if name.isalpha() and variants[0][0] == own[0] and abs(len(variants[0]) - len(own)) <= 1 and name != word
    ]
    for name in rng.permutation(np.array(names, dtype=object))[:400]:
        other = lookup(str(name))[0]
        if syllables(other) == syllables(own) and 0.9 <= distance(own, other) <= 2.5:
            return str(name)
    return None
