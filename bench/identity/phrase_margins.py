"""Margins of the phrase check on phrases put together from real words: what calibration and measures both rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.identity.corpus import Item, items
from bench.identity.word_bank import KINDS, Phrase, bank, phrases
from safeguards.challenge.check import extra_word
from safeguards.challenge.edits import rivals
from safeguards.challenge.phrases import word_lists
from safeguards.challenge.reading import Margins, Reading
from safeguards.detector.channels import add_noise, telephone

# The readers whose sentences come with transcripts: these two set the operating points ...
TUNING_SPEAKERS = ("LJ", "kathleen")
# ... and these are measured.
TEST_SPEAKERS = ("ls1688", "ls1998", "ls2033", "ls2414", "ls367")
CONDITIONS = ("clean", "pink 15 dB", "telephone")
_MOST_RECORDINGS = 60


@dataclass(frozen=True, slots=True)
class Judged:
    """A phrase under one condition: the margins of each word asked for, and of an extra word at each of its seven gaps."""

    kind: str
    speaker: str
    condition: str
    place: int
    words: tuple[Margins, ...]
    insertions: tuple[float, ...]


def phrase_set(speech: Path, speakers: Sequence[str], count: int, seed: int = 0) -> list[Phrase]:
    """``count`` draws for each speaker, every kind; the same each time. The first speaker's seed is ``seed``."""
    rows = [row for row in items(speech) if row.kind == "bonafide" and row.transcript]
    made: list[Phrase] = []
    for number, speaker in enumerate(speakers, seed):
        own = [row for row in rows if row.speaker == speaker]
        made += phrases(speaker, bank(_spread(own)), count, np.random.default_rng(number))
    return made


def heard(samples: NDArray[np.float32], condition: str, seed: int) -> NDArray[np.float32]:
    """The phrase as a condition of ``CONDITIONS`` carries it."""
    if condition == "pink 15 dB":
        return add_noise(samples, 15.0, np.random.default_rng(seed))
    return telephone(samples) if condition == "telephone" else samples


def judged(
    made: Sequence[Phrase], kinds: Sequence[str] = ("true", *KINDS), conditions: Sequence[str] = CONDITIONS
) -> Iterator[Judged]:
    """Each phrase of ``kinds`` under each condition."""
    listed = rivals(word_lists("en").all)
    for number, phrase in enumerate(made):
        if phrase.kind not in kinds:
            continue
        for condition in conditions:
            reading = Reading(heard(phrase.samples, condition, number), phrase.asked)
            yield Judged(
                phrase.kind,
                phrase.speaker,
                condition,
                phrase.place,
                tuple(reading.margins(place, listed) for place in range(len(phrase.asked))),
                tuple(extra_word(reading, place)[0] for place in range(len(phrase.asked) + 1)),
            )


def _spread(rows: Sequence[Item]) -> Sequence[Item]:
    return rows[:: max(1, len(rows) // _MOST_RECORDINGS)][:_MOST_RECORDINGS]
