"""The owners that the benchmark clones, and the strangers they are told apart from.

Owners are the LibriSpeech test-other speakers of the speech folder, whom no part of the engine ever heard in training.
Strangers are its train-clean-100 speakers; their speech set the base weights, never a threshold of this benchmark's clones.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from audiokit import Audio
from synthesis.engine.parametric.train.corpus import TEST_SET, TRAINING_SETS, Transcriber
from synthesis.engine.parametric.world import level

HELD_OUT_TAKES = 2


@dataclass(frozen=True)
class Owner:
    """One person: what is enrolled, what is kept to compare real speech with, and all transcribed takes not enrolled."""

    name: str
    sex: str
    enrolment: list[tuple[Audio, str]]
    held_out: list[Audio]
    unheard: list[tuple[Audio, str]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Length of the enrolment."""
        return sum(audio.seconds for audio, _ in self.enrolment)


@lru_cache(maxsize=1)
def _rows(data: Path) -> list[dict[str, str]]:
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["kind"] == "bonafide"]


def _audio(path: Path) -> Audio:
    samples, rate = soundfile.read(path, dtype="float32")
    return Audio.mono(samples, rate)


def owners(data: Path, seconds: float) -> list[Owner]:
    """Owners with their first transcribed takes up to ``seconds``; the last two takes are held out."""
    rows = [row for row in _rows(data) if row["set"] == TEST_SET and row["transcript"]]
    found = []
    for name in sorted({row["speaker"] for row in rows}):
        own = [row for row in rows if row["speaker"] == name]
        takes = [(_audio(data / row["path"]), row["transcript"].lower()) for row in own]
        enrolment: list[tuple[Audio, str]] = []
        for take in takes[:-HELD_OUT_TAKES]:
            if sum(audio.seconds for audio, _ in enrolment) >= seconds:
                break
            enrolment.append(take)
        held_out = [audio for audio, _ in takes[-HELD_OUT_TAKES:]]
        found.append(Owner(name, own[0]["sex"], enrolment, held_out, takes[len(enrolment) :]))
    return found


def readings(data: Path, name: str, seconds: float, *, held_out: int, seed: int) -> list[tuple[Audio, str]]:
    """Takes of one speaker in an order drawn by ``seed``: ``seconds`` of them, then ``held_out`` more.

    What has no transcript is transcribed as for training (:class:`synthesis.engine.parametric.train.corpus.Transcriber`).
    """
    rows = [row for row in _rows(data) if row["speaker"] == name]
    transcriber: Transcriber | None = None
    order = np.random.default_rng(seed).permutation(len(rows))
    found: list[tuple[Audio, str]] = []
    total = 0.0
    extra = 0
    for index in order.tolist():
        if extra == held_out:
            break
        audio, transcript = _audio(data / rows[index]["path"]), rows[index]["transcript"].lower()
        if not transcript:
            transcriber = transcriber or Transcriber()
            transcript = transcriber(level(audio.to_mono()))
        found.append((audio, transcript))
        extra += total >= seconds
        total += found[-1][0].seconds
    return found


def strangers(data: Path, *, at_least_seconds: float = 4.0) -> list[Audio]:
    """One clip of each stranger."""
    first: dict[str, Audio] = {}
    for row in _rows(data):
        if row["set"] == TRAINING_SETS[0] and float(row["seconds"]) >= at_least_seconds and row["speaker"] not in first:
            first[row["speaker"]] = _audio(data / row["path"])
    return list(first.values())
