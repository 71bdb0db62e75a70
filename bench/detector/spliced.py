"""Phrases that were never said in one go: some of the words of a person's recordings, cut out and put in a row, against whole recordings.

Words are cut where the aligner finds them if the corpus says what was said, and at quiet places otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.identity.corpus import RATE, by_speaker, items
from safeguards.challenge.lexicon import tokens
from safeguards.challenge.reading import Reading
from safeguards.detector.dataset import voice_part
from safeguards.liveness.presentation import SPLICES, Samples, cut_into_words, live, splice

WHOLE, AFTER = "recordings whole", "words after a true statement"
_LEAST_WORD_S = 0.15
_FEWEST, _MOST = 5, 9  # words of a phrase
_DRAWS = 2
_RECORDINGS = 3  # of one voice
_MOST_S = 10.0


def spliced(speech: Path, part: str = "test") -> Iterator[tuple[str, str, Samples]]:
    """(species, voice, mono 16 kHz sound) of a part's voices: recordings whole, and phrases of their words in every kind of splice.

    Half of each is captured live by a simulated microphone, a recording whole; the rest is as kept.
    """
    rows = [row for row in items(speech) if row.kind == "bonafide" and row.codec == "flac" and row.seconds > 3.0]
    for voice, own in by_speaker(rows).items():
        if voice_part(voice) != part:
            continue
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(voice.encode()).digest()[:8], "big"))
        kept, caught = [], []
        for row in own[:_RECORDINGS]:
            samples = row.load().to_mono()[: int(_MOST_S * RATE)]
            kept.append((samples, row.transcript))
            caught.append((live(samples, rng), row.transcript))
            yield WHOLE, voice, samples
            yield WHOLE, voice, caught[-1][0]
        for source in (kept, caught):
            words = [word for samples, said in source
                     for word in (cut_at_words(samples, said) if said else cut_into_words(samples, rng))]  # fmt: skip
            if len(words) < _FEWEST:
                continue
            for _ in range(_DRAWS):
                yield AFTER, voice, _after_a_statement(source[0][0], words, rng)
            for kind in SPLICES:
                for _ in range(_DRAWS):
                    drawn = rng.choice(len(words), min(_MOST, len(words)), replace=False)
                    yield kind, voice, splice([words[int(place)] for place in drawn], rng, kind)


def _after_a_statement(samples: Samples, words: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """The first half of a recording as it is, then some words in any kind of splice, as if a phrase had been added to an old statement."""
    drawn = rng.choice(len(words), min(_MOST, len(words)), replace=False)
    phrase = splice([words[int(place)] for place in drawn], rng)
    return np.concatenate([samples[: len(samples) // 2], phrase])


def cut_at_words(samples: Samples, said: str) -> list[Samples]:
    """The sound of each word of a transcript that is not too short, cut in the middle between it and its neighbours."""
    words = tokens(said)
    spans: Sequence[tuple[float, float]] = Reading(samples, words).spans
    edges = [(spans[place][1] + spans[place + 1][0]) / 2.0 for place in range(len(spans) - 1)]
    starts, ends = [spans[0][0], *edges], [*edges, spans[-1][1]]
    pieces = [
        samples[round(max(start, low - 0.05) * RATE) : round(min(end, high + 0.05) * RATE)]
        for (low, high), start, end in zip(spans, starts, ends, strict=True)
    ]
    return [piece for piece in pieces if len(piece) >= _LEAST_WORD_S * RATE]
