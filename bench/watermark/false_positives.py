"""False positives, and whether the p-values mean what they say."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.watermark.attacks import RATE, Array
from bench.watermark.clips import clips
from bench.watermark.detection import marked
from safeguards.watermark import WatermarkKey
from safeguards.watermark.detect import PRESENT_LOG10_P
from safeguards.watermark.features import power, score_map
from safeguards.watermark.search import coarse, pitches
from safeguards.watermark.window import judge

_KEYS = 16
_SECONDS = (1.0, 2.0, 5.0)


@dataclass
class Null:
    """p-values of sound that does not carry the key's mark."""

    kind: str
    log10_p: list[float] = field(default_factory=list)
    payload_reads: int = 0

    def as_json(self) -> dict[str, Any]:
        """Counts, and observed against allowed shares at each level."""
        values = np.array(self.log10_p)
        return {
            "kind": self.kind,
            "n": len(values),
            "present": int((values <= PRESENT_LOG10_P).sum()),
            "payload_reads": self.payload_reads,
            "smallest_log10_p": float(values.min()),
            "observed_over_allowed": {f"1e-{k}": float((values <= -k).mean() * 10**k) for k in (1, 2, 3, 4)},
            "upper_95_of_rate": 1 - 0.05 ** (1 / len(values)),
        }


def null_p_values(folder: Path, split: str, windows: int, budget_s: float) -> list[Null]:
    """Judge windows of unmarked speech and of speech marked with another key, each under several keys drawn afresh.

    Args:
        folder: the speech.
        split: ``tune`` or ``test``.
        windows: pairs of window and key wanted, over both kinds.
        budget_s: stop after this long.
    """
    rng = np.random.default_rng(20)
    nulls = [Null("unmarked"), Null("marked with another key")]
    end = time.monotonic() + budget_s
    for index, clip in enumerate(clips(folder, split, 5.0, 10_000)):
        for null, sound in zip(nulls, (clip.samples, marked(clip, index)), strict=True):
            seconds = _SECONDS[index % len(_SECONDS)]
            start = int(rng.integers(0, len(sound) - round(seconds * RATE) + 1))
            keys = tuple(WatermarkKey.from_bytes(rng.bytes(32)) for _ in range(_KEYS))
            judge_window(sound[start : start + round(seconds * RATE)], keys, null)
        if sum(len(null.log10_p) for null in nulls) >= windows or time.monotonic() > end:
            break
    return nulls


def judge_window(sound: Array, keys: tuple[WatermarkKey, ...], null: Null) -> None:
    """Add to ``null`` what the detector makes of ``sound`` (``[time]``, 16 kHz) under each key alone."""
    level = math.sqrt(float(np.mean(sound**2)))
    spectrum = power(sound * np.float32(0.1 / max(level, 1e-9)))
    maps = np.stack([score_map(spectrum, pitch) for pitch in pitches()])
    for key, hits in zip(keys, coarse(maps, keys, 12), strict=True):
        finding = judge(maps, hits, key, 1)
        null.log10_p.append(finding.log10_p)
        null.payload_reads += finding.identified_log10_p <= PRESENT_LOG10_P
