"""Marked clips that an attack leaves nameless: the mark is found, its payload is not read, and the fingerprint does not know the clip.

``verify`` calls such sound ``inconclusive``. The sounds are those of the part ``detection``: it has to be measured first, or is now.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.fingerprint.corpus import audio, stretches
from bench.watermark.attacks import Array, suite
from bench.watermark.clips import clips, voices
from bench.watermark.detection import attack_table, marked
from bench.watermark.keeping import Kept
from bench.watermark.stats import resampled, wilson
from safeguards.fingerprint import FingerprintError, FingerprintIndex, extract

SECONDS: Final = (3.0, 5.0)
_OTHERS: Final = 150


def unplaced_table(folder: Path, split: str, count: int, kept: Kept | None = None) -> list[dict[str, Any]]:
    """For each length how many of the attacked clips are found marked but not read, and how many of those the fingerprint does not find.

    The index holds the clips as they were released and stretches of other speakers. ``believed`` is what ``verify`` goes by. ``kept``
    holds what was measured before.
    """
    kept = kept or Kept(None)
    attacks = suite(voices(folder, split))
    rows: list[dict[str, Any]] = []
    for seconds in SECONDS:
        cells = [cell for cell in attack_table(folder, split, seconds, count, kept=kept) if cell.attack != "none"]
        chosen = clips(folder, split, seconds, count)
        released = [marked(clip, index) for index, clip in enumerate(chosen)]
        index = _index(folder, released)
        unread = [
            (cell.attack, number)
            for cell in cells
            for number, each in enumerate(cell.clips)
            if each["present"] and not each["read"]
        ]
        lost: dict[str, int] = {}
        nameless = dict.fromkeys(unread, False)
        for name, number in unread:
            rng = np.random.default_rng(zlib.crc32(f"{name} {number}".encode()))
            if not _believed(index, attacks[name](released[number], rng), number):
                nameless[name, number] = True
                lost[name] = lost.get(name, 0) + 1
        n = sum(cell.n for cell in cells)
        outcomes = [[nameless.get((cell.attack, i), False) for i in range(cell.n)] for cell in cells]
        rows.append(
            {
                "seconds": seconds,
                "clips": len(chosen),
                "n": n,
                "unread": len(unread),
                "unplaced": sum(nameless.values()),
                "unplaced_share": sum(nameless.values()) / n,
                "unplaced_interval": resampled(outcomes),
                "unplaced_of_unread_interval": wilson(sum(nameless.values()), len(unread)),
                "attacks": lost,
            }
        )
    return rows


def _index(folder: Path, released: list[Array]) -> FingerprintIndex:
    index = FingerprintIndex()
    for number, piece in enumerate(stretches(folder, 5.0, _OTHERS, test=False)):
        index.add(f"other-{number}", extract(audio(piece.samples)))
    for number, sound in enumerate(released):
        index.add(f"clip-{number}", extract(audio(sound)))
    return index


def _believed(index: FingerprintIndex, sound: Array, number: int) -> bool:
    """Whether the fingerprint says that ``sound`` is the clip ``number``."""
    try:
        found = index.query(extract(audio(sound)))
    except FingerprintError:
        return False
    return any(match.believed and match.id == f"clip-{number}" for match in found)
