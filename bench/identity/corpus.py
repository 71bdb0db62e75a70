"""The speech the owner checks are tuned and measured on, and its split by speaker."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audiokit import Audio, read, resample

RATE = 16_000


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the speech manifest."""

    path: Path
    set: str
    speaker: str
    kind: str
    system: str
    codec: str
    language: str
    seconds: float
    transcript: str

    def load(self) -> Audio:
        """Decode, mono, 16 kHz."""
        return resample(read(self.path, max_seconds=60.0, max_bytes=20_000_000), RATE)


def items(speech: Path) -> list[Item]:
    """All rows of ``speech/manifest.csv``."""
    with (speech / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        return [
            Item(
                path=speech / row["path"],
                set=row["set"],
                speaker=row["speaker"],
                kind=row["kind"],
                system=row["spoof_system"],
                codec=row["codec"],
                language=row["language"],
                seconds=float(row["seconds"]),
                transcript=row["transcript"],
            )
            for row in csv.DictReader(handle)
        ]


def fold(speaker: str, folds: int = 2) -> int:
    """A speaker's fold, from a digest of the name: stable, and the same in every script."""
    return hashlib.sha256(speaker.encode()).digest()[0] % folds


def by_speaker(rows: Iterable[Item]) -> dict[str, list[Item]]:
    """Rows grouped by speaker, in manifest order."""
    grouped: dict[str, list[Item]] = {}
    for row in rows:
        grouped.setdefault(row.speaker, []).append(row)
    return grouped
