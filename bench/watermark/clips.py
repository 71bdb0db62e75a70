"""Clips to measure on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from bench.watermark.attacks.types import RATE, Array
from bench.watermark.speakers import TEST, TUNE

_SETS = ("librispeech_train-clean-100", "librispeech_test-other", "vcc2016", "kerstin", "kathleen", "ljspeech")


@dataclass(frozen=True, eq=False)
class Clip:
    """A stretch of one speaker's speech: float32 ``[time]`` at 16 kHz."""

    speaker: str
    samples: Array


@lru_cache(maxsize=4)
def _rows(folder: Path, split: str) -> tuple[dict[str, str], ...]:
    wanted = {"tune": TUNE, "test": TEST}[split]
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["set"] in _SETS and row["speaker"] in wanted]
    return tuple(sorted(rows, key=lambda row: (_SETS.index(row["set"]), row["path"])))


def _load(path: Path) -> Array:
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return np.asarray(mono if rate == RATE else soxr.resample(mono, rate, RATE), dtype=np.float32)


def clips(folder: Path, split: str, seconds: float, count: int) -> list[Clip]:
    """``count`` clips of ``seconds``, one stretch of each recording, speakers in turn.

    A recording that is too short is followed by the same speaker's next one; a speaker without enough speech is left out.
    """
    queues: dict[str, Iterator[Array]] = {}
    for speaker in dict.fromkeys(row["speaker"] for row in _rows(folder, split)):
        paths = [folder / row["path"] for row in _rows(folder, split) if row["speaker"] == speaker]
        queues[speaker] = _stretches(paths, round(seconds * RATE))
    found: list[Clip] = []
    while queues and len(found) < count:
        for speaker in list(queues):
            samples = next(queues[speaker], None)
            if samples is None:
                del queues[speaker]
            elif len(found) < count:
                found.append(Clip(speaker, samples))
    return found


def _stretches(paths: list[Path], length: int) -> Iterator[Array]:
    held = np.zeros(0, dtype=np.float32)
    for path in paths:
        held = np.concatenate([held, _load(path)])
        if len(held) >= length:
            # From the middle, where a reader is neither drawing breath nor done.
            start = (len(held) - length) // 2
            yield held[start : start + length]
            held = np.zeros(0, dtype=np.float32)


@lru_cache(maxsize=4)
def voices(folder: Path, split: str) -> tuple[Array, ...]:
    """Ten seconds each of twelve speakers of a split, for babble and splices; the last speakers of the list."""
    chosen = clips(folder, split, 8.0, 200)
    return tuple(clip.samples for clip in chosen[-12:])
