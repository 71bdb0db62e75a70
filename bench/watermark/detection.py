"""Detection and exact recovery under every attack."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import Audio
from bench.watermark.attacks import RATE, Array, suite
from bench.watermark.clips import Clip, clips, voices
from bench.watermark.stats import wilson
from safeguards.watermark import WatermarkKey, detect, embed


@dataclass
class Cell:
    """Counts for one attack at one clip length."""

    attack: str
    seconds: float
    n: int = 0
    present: int = 0
    exact: int = 0
    wrong: int = 0
    log10_p: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Shares with their 95 % intervals."""
        return {
            "attack": self.attack,
            "seconds": self.seconds,
            "n": self.n,
            "detected": self.present / self.n,
            "detected_interval": wilson(self.present, self.n),
            "exact": self.exact / self.n,
            "exact_interval": wilson(self.exact, self.n),
            "wrong_payload": self.wrong,
            "median_log10_p": float(np.median(self.log10_p)),
        }


def key_for(index: int) -> WatermarkKey:
    """A fixed key for each clip, so that no figure hangs on one key."""
    return WatermarkKey.from_bytes(zlib.crc32(b"%d" % index).to_bytes(4, "big") * 8)


def payload_for(index: int) -> int:
    """A fixed payload for each clip."""
    return zlib.crc32(b"payload %d" % index)


def marked(clip: Clip, index: int) -> Array:
    """The clip with its mark."""
    sound: Array = embed(Audio.mono(clip.samples, RATE), payload_for(index), key_for(index)).audio.samples[0]
    return sound


def attack_table(
    folder: Path, split: str, seconds: float, count: int, only: Sequence[str] | None = None, skip: int = 0
) -> list[Cell]:
    """Mark ``count`` clips, attack each in every way and detect."""
    attacks = suite(voices(folder, split))
    names = [name for name in attacks if only is None or name in only]
    cells = {name: Cell(name, seconds) for name in names}
    for index, clip in enumerate(clips(folder, split, seconds, count + skip)[skip:]):
        sound = marked(clip, index)
        for name in names:
            rng = np.random.default_rng(zlib.crc32(f"{name} {index}".encode()))
            found = detect(Audio.mono(attacks[name](sound, rng), RATE), [key_for(index)])
            cell = cells[name]
            cell.n += 1
            cell.present += found.present
            cell.exact += found.payload == payload_for(index)
            cell.wrong += found.payload not in (None, payload_for(index))
            cell.log10_p.append(round(found.log10_p, 2))
    return list(cells.values())
