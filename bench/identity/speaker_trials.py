"""Trials of the speaker check: who against whom, how long, over what channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit.loudness import estimate_snr_db
from bench.identity.corpus import RATE, by_speaker, fold, items
from safeguards.detector.channels import add_noise, telephone, telephone_band
from safeguards.detector.codecs import coded
from safeguards.speaker.encoder import embed_test, reference, speech_only, template_of
from safeguards.speaker.errors import NoSpeechError

LENGTHS = (2.0, 3.0, 5.0, 8.0)
CONDITIONS = ("clean", "pink 20 dB", "pink 15 dB", "pink 10 dB", "pink 5 dB", "telephone")
MEASURED = (*CONDITIONS, "AMR telephone")  # the last is unknown to calibration
_ENROLMENT_SECONDS = 20.0
_MOST_SECONDS = 90.0
_MOST_TESTS = 3  # per speaker, length and condition


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a trial: an embedding, the template it comes from, and what stands behind it."""

    speaker: str
    embedding: NDArray[np.float32]
    rows: NDArray[np.float32]
    seconds: float
    snr_db: float
    condition: str


@dataclass(frozen=True, slots=True)
class Voice:
    """Speech of one person without pauses; ``single`` when it all comes from one recording."""

    speaker: str
    speech: NDArray[np.float32]
    snr_db: float
    single: bool


def voices(speech: Path, which: int) -> list[Voice]:
    """Everyone of a fold, at most 90 s each, recordings in manifest order."""
    rows = [row for row in items(speech) if row.kind == "bonafide" and row.set != "fsdd" and row.codec == "flac"]
    found = []
    for speaker, own in by_speaker(rows).items():
        if fold(speaker) != which:
            continue
        pieces, snrs = [], []
        for row in own[:: max(1, len(own) // 24)][:24]:
            audio = row.load()
            try:
                pieces.append(speech_only(audio))
            except NoSpeechError:
                continue
            snrs.append(estimate_snr_db(audio))
        joined = np.concatenate(pieces)[: int(_MOST_SECONDS * RATE)]
        found.append(Voice(speaker, joined, float(np.median(snrs)), len(own) == 1))
    return found


def sides(people: list[Voice], conditions: Sequence[str] = CONDITIONS, seed: int = 0) -> tuple[list[Side], list[Side]]:
    """Clean enrolments from the first part of each person's speech, tests of every length and condition from the rest.

    Where all of a person's speech is one recording of about ten seconds, both parts share its session.
    """
    rng = np.random.default_rng(seed)
    enrolments, tests = [], []
    for voice in people:
        split = min(int(_ENROLMENT_SECONDS * RATE), len(voice.speech) // 2)
        known = voice.speech[:split]
        rows = template_of([known])
        enrolments.append(Side(voice.speaker, reference(rows), rows, len(known) / RATE, voice.snr_db, "clean"))
        rest = voice.speech[split:]
        for seconds in LENGTHS:
            length = int(seconds * RATE)
            if length > 1.25 * len(rest):
                continue
            for start in list(range(0, max(1, len(rest) - length + 1), length))[:_MOST_TESTS]:
                for condition in conditions:
                    heard, snr = _heard(rest[start : start + length], condition, voice.snr_db, rng)
                    tests.append(_side(voice.speaker, heard, snr, condition))
    return enrolments, tests


def _heard(
    clean: NDArray[np.float32], condition: str, snr_db: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], float]:
    if condition == "clean":
        return clean, snr_db
    if condition == "telephone":
        return telephone(clean), snr_db
    if condition == "AMR telephone":
        return coded(telephone_band(clean, rng), "amr", rng), snr_db
    level = float(condition.split()[1])
    return add_noise(clean, level, rng), level


def _side(speaker: str, speech: NDArray[np.float32], snr_db: float, condition: str) -> Side:
    embedding = embed_test(speech)
    return Side(speaker, embedding, embedding[None], len(speech) / RATE, snr_db, condition)


def carried(speech: NDArray[np.float32], place: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Every third recording as it is, the next with pink noise, the next by telephone."""
    if place % 3 == 1:
        return add_noise(speech, float(rng.uniform(10.0, 25.0)), rng)
    return telephone(speech) if place % 3 == 2 else speech


def joined_voices(people: list[Voice], rng: np.random.Generator, count: int) -> list[tuple[bool, NDArray[np.float32]]]:
    """Recordings of one person, and of two cut together (halves, or words in turn): (one person, speech without pauses)."""
    made = []
    for _ in range(count):
        first, second = (people[int(place)] for place in rng.choice(len(people), 2, replace=False))
        length = int(rng.uniform(4.5, 9.0) * RATE)
        start = int(rng.integers(0, max(1, len(first.speech) - length + 1)))
        own = first.speech[start : start + length]
        made.append((True, own))
        mixed = own.copy()
        if rng.random() < 0.5:
            cut = int(len(own) * rng.uniform(0.3, 0.7))
            mixed[cut:] = np.resize(second.speech, len(own) - cut)
        else:
            place, stride = int(1.6 * RATE), int(rng.uniform(0.8, 1.6) * RATE)
            while place < len(own):
                part = mixed[place : place + stride]
                part[:] = np.resize(second.speech[place % max(1, len(second.speech) - stride) :], len(part))
                place += 2 * stride
        made.append((False, mixed))
    return made
