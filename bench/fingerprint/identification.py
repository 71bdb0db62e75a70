"""Is an attacked clip found again? For each attack and clip length."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from bench.fingerprint.corpus import audio, stretches
from bench.watermark.attacks import suite
from bench.watermark.stats import wilson
from safeguards.fingerprint import FingerprintIndex, extract
from safeguards.fingerprint.extraction import MIN_SECONDS
from safeguards.fingerprint.matching import FALSE_MATCH_RATE

MILLION_SECONDS = 5e6  # a million records of five seconds


def identify(speech: Path, seconds: float, count: int, seed: int = 1) -> dict[str, Any]:
    """Rates for clips of one length. A clip of 1 to 10 s is its own record; what is asked is the attacked clip.

    ``found``: the right record comes first and is surprising in this index. ``found_in_million``: it would be among 1e6 records.
    ``same_recording``: it is believed, that is moreover told from another reading of the same sentence. ``wrong``: another record is
    surprising.
    """
    rng = np.random.default_rng(seed)
    clips = stretches(speech, seconds, count)
    voices = tuple(piece.samples.astype(np.float32) for piece in stretches(speech, 8.0, 8, test=False))
    index = FingerprintIndex()
    for number, piece in enumerate(stretches(speech, 5.0, 150, test=False)):
        index.add(f"other-{number}", extract(audio(piece.samples)))
    sizes = []
    for number, clip in enumerate(clips):
        record = extract(audio(clip.samples))
        sizes.append(len(record))
        index.add(f"clip-{number}", record)
    growth = math.log10(MILLION_SECONDS / index.seconds)
    rows = []
    for name, attack in suite(voices).items():
        if name.startswith("crop") and float(name[5]) >= seconds:
            continue
        first, found, million, same, wrong, powers, asked = 0, 0, 0, 0, 0, [], 0
        for number, clip in enumerate(clips):
            changed = np.asarray(attack(clip.samples.astype(np.float32), rng), dtype=np.float64)
            if len(changed) / 16_000 < MIN_SECONDS:
                continue
            asked += 1
            best = index.query(extract(audio(changed)), top=1)[0]
            right = best.id == f"clip-{number}"
            first += right
            found += right and best.surprising
            same += right and best.believed
            million += right and best.log10_p + growth <= math.log10(FALSE_MATCH_RATE)
            wrong += not right and best.surprising
            powers.append(best.log10_p if right else 0.0)
        rows.append(
            {
                "attack": name,
                "seconds": seconds,
                "n": asked,
                "first": first / asked,
                "found": found / asked,
                "found_interval": wilson(found, asked),
                "found_in_million": million / asked,
                "found_in_million_interval": wilson(million, asked),
                "same_recording": same / asked,
                "same_recording_interval": wilson(same, asked),
                "wrong": wrong,
                "median_log10_p": float(np.median(powers)),
            }
        )
    speakers = len({clip.speaker for clip in clips})
    return {"seconds": seconds, "clips": len(clips), "speakers": speakers, "bytes": int(np.max(sizes)), "rows": rows}
