"""Speech of test speakers, and pairs of recordings that must not be taken for one another."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from safeguards.fingerprint import train
from safeguards.fingerprint.patches import RATE

Wave = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Speech of one speaker, mono at 16 kHz."""

    speaker: str
    samples: Wave


def stretches(speech: Path, seconds: float, count: int, *, test: bool = True) -> list[Stretch]:
    """``count`` stretches of ``seconds`` with speech in them, speakers in turn; short recordings of a speaker are joined."""
    rows: defaultdict[str, list[train.Clip]] = defaultdict(list)
    for clip in train.clips(speech, test=test, per_speaker=40):
        rows[clip.speaker].append(clip)
    found: list[Stretch] = []
    length = round(seconds * RATE)
    held: dict[str, Wave] = {speaker: np.zeros(0) for speaker in rows}
    while len(found) < count and rows:
        for speaker in list(rows):
            while rows[speaker] and len(held[speaker]) < length:
                held[speaker] = np.concatenate([held[speaker], train.load(speech, rows[speaker].pop(0), 12.0)])
            if len(held[speaker]) < length:
                del rows[speaker]
                continue
            piece, held[speaker] = held[speaker][:length], held[speaker][length:]
            if spoken_share(piece) > 0.6 and len(found) < count:
                found.append(Stretch(speaker, piece))
    return found


def spoken_share(samples: Wave) -> float:
    """Share of 20 ms frames within 30 dB of the loudest."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    levels = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    return float((levels > levels.max() - 30).mean())


def same_sentences(speech: Path, *, test: bool) -> list[tuple[str, Wave, Wave]]:
    """Pairs of readings of one sentence: by two speakers (``vcc2016``) or by one speaker twice, with what each pair is."""
    by_text: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    with (speech / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            text = train.sentence(row)
            wanted = row["kind"] == "bonafide" and row["set"] != "fsdd" and text and float(row["seconds"]) > 1.5
            if wanted and train.is_test_speaker(row["speaker"]) == test:
                by_text[text].append((row["speaker"], row["path"]))
    pairs = []
    for readings in by_text.values():
        for (speaker, path), (other, other_path) in pairwise(readings):
            kind = "same speaker again" if speaker == other else "another speaker"
            left, right = (train.load(speech, train.Clip("", name), 12.0) for name in (path, other_path))
            pairs.append((kind, left, right))
    return pairs


def audio(samples: NDArray[np.floating]) -> Audio:
    """As the platform's type, brought under full scale where it passes it."""
    peak = float(np.abs(samples).max())
    return Audio.mono(samples / max(1.0, peak), RATE)
