"""Perth, the peer with a package, on the same clips and attacks. It has no key and no payload: only detection compares."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from bench.watermark.attacks import RATE, Array, suite
from bench.watermark.clips import Clip, clips, voices
from bench.watermark.quality_table import quality_table
from bench.watermark.stats import wilson


def _perth() -> Any:
    try:
        import perth

        return perth.PerthImplicitWatermarker()
    except (ImportError, TypeError):
        return None


def perth_table(folder: Path, split: str, seconds: float, count: int) -> dict[str, Any]:
    """Detection under every attack, quality, and what re-marking and subtracting leaves, where Perth runs."""
    marker = _perth()
    if marker is None:
        return {"perth": "not installed"}

    def mark(clip: Clip, _index: int) -> Array:
        sound = marker.apply_watermark(clip.samples, watermark=None, sample_rate=RATE)
        return np.asarray(sound, dtype=np.float32)[: len(clip.samples)]

    def heard(sound: Array) -> bool:
        return bool(marker.get_watermark(sound, sample_rate=RATE) >= 0.5)

    attacks = suite(voices(folder, split))
    hits = dict.fromkeys(attacks, 0)
    erased = 0
    false = 0
    chosen = clips(folder, split, seconds, count)
    for index, clip in enumerate(chosen):
        sound = mark(clip, index)
        for name, attack in attacks.items():
            rng = np.random.default_rng(zlib.crc32(f"{name} {index}".encode()))
            hits[name] += heard(attack(sound, rng))
        again = mark(Clip(clip.speaker, sound), index)
        erased += not heard(2 * sound - again)
        false += heard(clip.samples)
    n = len(chosen)
    return {
        "seconds": seconds,
        "n": n,
        "detected_mean": float(np.mean([h / n for h in hits.values()])),
        "attacks": {name: {"detected": h / n, "interval": wilson(h, n)} for name, h in hits.items()},
        "erased_by_marking_again_and_subtracting": erased / n,
        "false_positives": false / n,
        "quality": quality_table(folder, split, seconds, min(count, 20), mark),
    }
