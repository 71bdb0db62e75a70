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
from safeguards.challenge.lexicon import lookup, tokens
from safeguards.challenge.phrases import is_long, word_lists
from safeguards.challenge.reading import Reading

Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Trial:
    """A recording, the words asked for, and what was done: ``true`` or the kind of attack."""

    kind: str
    speaker: str
    samples: Samples
    words: tuple[str, ...]


def phrase_trials(row: Item, rng: np.random.Generator) -> Iterator[Trial]:
    """The true trial of one transcribed recording and one trial of each attack on it."""
    words = tokens(row.transcript)
    if any(not lookup(word) for word in words):
        return
    samples = row.load().to_mono()
    yield Trial("true", row.speaker, samples, tuple(words))
    longs = [place for place, word in enumerate(words) if is_long(word)]
    if len(longs) < 3:
        return
    place = int(rng.choice(longs))
    lists = word_lists("en")
    other = lists.all[int(rng.integers(len(lists.all)))]
    yield Trial("replaced", row.speaker, samples, (*words[:place], other, *words[place + 1 :]))
    near = near_word(words[place], rng)
    if near is not None:
        yield Trial("near", row.speaker, samples, (*words[:place], near, *words[place + 1 :]))
    yield Trial("missing", row.speaker, samples, (*words[:place], other, *words[place:]))
    swapped = list(words)
    second = longs[(longs.index(place) + 1) % len(longs)]
    swapped[place], swapped[second] = swapped[second], swapped[place]
    yield Trial("swapped", row.speaker, samples, tuple(swapped))
    start, end = (round(moment * RATE) for moment in Reading(samples, words).spans[place])
    yield Trial("dropped", row.speaker, np.concatenate([samples[:start], samples[end:]]), tuple(words))
    repeated = np.concatenate([samples[:end], samples[start:end], samples[end:]])
    yield Trial("repeated", row.speaker, repeated, tuple(words))
    left_out = (*words[:place], *words[place + 1 :])
    yield Trial("extra", row.speaker, samples, left_out)


def near_word(word: str, rng: np.random.Generator) -> str | None:
    """A list-independent word that sounds close: same first phone, same syllable count, distance at most 2.5."""
    from safeguards.challenge.lexicon import pronunciations
    from safeguards.challenge.phones import distance, syllables

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
