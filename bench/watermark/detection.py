"""Detection and exact recovery under every attack."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import Audio
from bench.watermark.attacks import CROPS_S, RATE, Array, Attack, suite
from bench.watermark.clips import Clip, clips, voices
from bench.watermark.keeping import Kept
from bench.watermark.stats import wilson
from safeguards.watermark import StreamEmbedder, WatermarkKey, detect, embed


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
    clips: list[dict[str, bool]] = field(default_factory=list)

    def add(self, present: bool, exact: bool, wrong: bool, log10_p: float) -> None:
        """Count one clip."""
        self.n += 1
        self.present += present
        self.exact += exact
        self.wrong += wrong
        self.log10_p.append(log10_p)
        self.clips.append({"present": present, "read": exact})

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
            "clips": self.clips,
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


def streamed(clip: Clip, index: int) -> Array:
    """The clip with the stream embedder's mark, pushed in pieces of 100 ms."""
    stream = StreamEmbedder(RATE, payload_for(index), key_for(index))
    piece = RATE // 10
    out = [stream.push(clip.samples[at : at + piece]) for at in range(0, len(clip.samples), piece)]
    sound: Array = np.concatenate([*out, stream.flush()])
    return sound


def attack_table(
    folder: Path,
    split: str,
    seconds: float,
    count: int,
    only: Sequence[str] | None = None,
    kept: Kept | None = None,
    mark: Callable[[Clip, int], Array] = marked,
    label: str = "",
    fresh: bool = True,
) -> list[Cell]:
    """Mark ``count`` clips, attack each in every way and detect.

    A crop that is no shorter than the clip is no attack and is left out.

    Args:
        folder: the speech.
        split: ``tune`` or ``test``.
        seconds: length of the clips.
        count: how many.
        only: names of attacks; all without.
        kept: results of clips that were measured before, and where new ones go.
        mark: the embedder.
        fresh: measure clips that are not among ``kept``; without, they are left out.
        label: tells results of this embedder from those of others among ``kept``.
    """
    kept = kept or Kept(None)
    attacks = suite(voices(folder, split))
    names = [name for name in attacks if (only is None or name in only) and CROPS_S.get(name, 0.0) < seconds]
    cells = {name: Cell(name, seconds) for name in names}
    for index, clip in enumerate(clips(folder, split, seconds, count)):
        step = f"{label}{seconds:g} s, clip {index}"
        if step not in kept:
            if not fresh:
                continue
            sound = mark(clip, index)
            kept.put(step, {name: _outcome(attacks[name], name, sound, index) for name in names})
        for name in names:
            cells[name].add(*kept[step][name])
    return [cell for cell in cells.values() if cell.n]


def _outcome(attack: Attack, name: str, sound: Array, index: int) -> tuple[bool, bool, bool, float]:
    """Present, exact, wrong, and log10 p."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {index}".encode()))
    found = detect(Audio.mono(attack(sound, rng), RATE), [key_for(index)])
    exact = found.payload == payload_for(index)
    return found.present, exact, found.payload is not None and not exact, round(found.log10_p, 2)
