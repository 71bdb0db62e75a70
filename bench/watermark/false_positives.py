"""False positives, and whether the p-values mean what they say."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import Audio
from bench.watermark.attacks import RATE, Array
from bench.watermark.clips import Clip, clips
from bench.watermark.detection import marked
from bench.watermark.keeping import Kept
from bench.watermark.stats import wilson
from safeguards.watermark import WatermarkKey, detect
from safeguards.watermark.detect import IDENTIFIED_LOG10_P, PRESENT_LOG10_P, refined_count
from safeguards.watermark.features import power, score_map
from safeguards.watermark.search import coarse_each, hear, pitches, together
from safeguards.watermark.window import judge

KINDS = ("unmarked", "marked with another key")
_LEVELS = (1, 2, 3, 4, 5, 6)
_KEYS = 50
_BLOCK = 20
# Seconds of the windows of successive blocks: short ones come oftener, as clips do and as time allows.
_SECONDS = (1.0, 2.0, 1.0, 1.0, 3.0, 1.0, 2.0, 1.0, 1.0, 1.0)


@dataclass
class Null:
    """p-values of sound that does not carry the key's mark."""

    kind: str
    log10_p: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    payload_reads: int = 0
    windows: int = 0

    def add(self, other: Null) -> None:
        """Take over another's values."""
        self.log10_p += other.log10_p
        self.seconds += other.seconds
        self.payload_reads += other.payload_reads
        self.windows += other.windows

    def as_json(self) -> dict[str, Any]:
        """Counts at each level, which may not pass ``n`` times the level."""
        values = np.array(self.log10_p)
        present = int((values <= PRESENT_LOG10_P).sum())
        return {
            "kind": self.kind,
            "n": len(values),
            "windows": self.windows,
            "by_seconds": {f"{s:g}": self.seconds.count(s) for s in sorted(set(self.seconds))},
            "at_or_below": {f"1e-{k}": int((values <= -k).sum()) for k in _LEVELS},
            "present": present,
            "present_interval": wilson(present, len(values)),
            "payload_reads": self.payload_reads,
            "smallest_log10_p": float(values.min(initial=0.0)),
        }


def null_p_values(folder: Path, split: str, wanted: int, budget_s: float, kept: Kept | None = None) -> list[Null]:
    """Run whole detections on windows of unmarked speech and of speech marked with another key, under keys drawn afresh.

    Every pair of window and key goes through all that :func:`safeguards.watermark.detect` does with one key, and the first pair
    of each block through ``detect`` itself, which must say the same. The p-values' randomness is the key's, so that the keys of
    one window are independent draws; the windows of a block share their keys, which saves a third of the work.

    Args:
        folder: the speech.
        split: ``tune`` or ``test``.
        wanted: pairs of window and key, over both kinds.
        budget_s: judge nothing more after this long.
        kept: blocks that were judged before, and where new ones go.
    """
    kept = kept or Kept(None)
    nulls = [Null(kind) for kind in KINDS]
    end = time.monotonic() + budget_s
    most = -(-wanted // (_KEYS * _BLOCK))
    for number, (seconds, chosen) in enumerate(islice(blocks(folder, split), most)):
        step = f"null block {number}"
        if step not in kept:
            if time.monotonic() > end:
                continue
            kept.put(step, [asdict(null) for null in judged(number, seconds, chosen)])
        for null, block in zip(nulls, kept[step], strict=True):
            null.add(Null(**block))
    return nulls


def judged(number: int, seconds: float, chosen: list[Clip]) -> list[Null]:
    """Block ``number``: a window of ``seconds`` of each clip, every other one marked, each under the block's keys."""
    rng = np.random.default_rng([20, number])
    keys = [WatermarkKey.from_bytes(rng.bytes(32)) for _ in range(_KEYS)]
    nulls = [Null(kind) for kind in KINDS]
    sounds = [(i % 2, _window(clip, i, seconds, rng, number)) for i, clip in enumerate(chosen)]
    judge_block(sounds, keys, nulls)
    _same_as_detect(sounds[0][1], keys[0], nulls[0].log10_p[0])
    return nulls


def blocks(folder: Path, split: str) -> Iterator[tuple[float, list[Clip]]]:
    """Blocks of clips, over and over; a clip that comes again is cut elsewhere and meets other keys."""
    held = clips(folder, split, max(_SECONDS), 10_000)
    at = 0
    while True:
        for seconds in _SECONDS:
            yield seconds, [held[(at + i) % len(held)] for i in range(_BLOCK)]
            at += _BLOCK


def _same_as_detect(sound: Array, key: WatermarkKey, log10_p: float) -> None:
    """Raise unless ``detect`` says so too."""
    said = detect(Audio.mono(sound, RATE), [key]).log10_p
    if abs(said - log10_p) > 0.01:
        raise AssertionError(f"detect says {said}, the block {log10_p}")


def _window(clip: Clip, index: int, seconds: float, rng: np.random.Generator, block: int) -> Array:
    """A stretch of the clip; of odd clips, marked with a key of its own that is never asked for."""
    length = round(seconds * RATE)
    start = int(rng.integers(0, len(clip.samples) - length + 1))
    part = clip.samples[start : start + length]
    return marked(Clip(clip.speaker, part), 1_000_000 + block * _BLOCK + index) if index % 2 else part


def judge_block(sounds: list[tuple[int, Array]], keys: list[WatermarkKey], nulls: list[Null]) -> None:
    """Add to the nulls what the detector makes of each sound under each key alone.

    Args:
        sounds: index of the null and samples at 16 kHz, ``[time]``; all of one length.
        keys: the keys.
        nulls: where the p-values go.
    """
    maps = [_maps(sound) for _, sound in sounds]
    hearing = together([hear(each) for each in maps])
    for kind, _ in sounds:
        nulls[kind].windows += 1
    for key in keys:
        hits = coarse_each(hearing, key, refined_count(maps[0].shape[2]))
        for (kind, sound), each, likely in zip(sounds, maps, hits, strict=True):
            finding = judge(each, likely, key, 1)
            nulls[kind].log10_p.append(round(finding.log10_p, 3))
            nulls[kind].seconds.append(len(sound) / RATE)
            nulls[kind].payload_reads += finding.identified_log10_p <= IDENTIFIED_LOG10_P


def _maps(sound: Array) -> Array:
    """Score maps at all pitches of ``sound`` at the level to which the detector brings it."""
    level = math.sqrt(float(np.mean(sound**2)))
    spectrum = power(sound * np.float32(0.1 / max(level, 1e-9)))
    return np.stack([score_map(spectrum, pitch) for pitch in pitches()])
