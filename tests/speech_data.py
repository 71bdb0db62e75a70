"""The committed speech clips: what there is, and how to load it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from audiokit import Audio, read

SPEECH_DIR = Path(__file__).parent / "data" / "speech"


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of ``tests/data/speech/manifest.csv``. ``transcript``, ``sex`` and ``language`` are empty for noise."""

    path: Path
    kind: Literal["speech", "noise"]
    speaker: str
    sex: str
    language: str
    seconds: float
    licence: str
    transcript: str


@lru_cache(maxsize=1)
def _all() -> tuple[Clip, ...]:
    with (SPEECH_DIR / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(
            Clip(
                path=SPEECH_DIR / row["path"],
                kind="noise" if row["kind"] == "noise" else "speech",
                speaker=row["speaker"],
                sex=row["sex"],
                language=row["language"],
                seconds=float(row["seconds"]),
                licence=row["licence"],
                transcript=row["transcript"],
            )
            for row in csv.DictReader(handle)
        )


def clips(speaker: str | None = None, *, min_seconds: float = 0.0) -> list[Clip]:
    """Speech clips in manifest order, of one speaker if named, each at least ``min_seconds`` long."""
    return [
        clip
        for clip in _all()
        if clip.kind == "speech" and speaker in (None, clip.speaker) and clip.seconds >= min_seconds
    ]


def speakers() -> list[str]:
    """Speaker names in manifest order."""
    return list(dict.fromkeys(clip.speaker for clip in clips()))


def noise() -> Clip:
    """The one noise clip: five seconds of rain."""
    return next(clip for clip in _all() if clip.kind == "noise")


@lru_cache(maxsize=32)
def load(clip: Clip) -> Audio:
    """Decode a clip: 16 kHz, mono. Cached; the samples are read-only."""
    return read(clip.path, max_seconds=60.0, max_bytes=2_000_000)
