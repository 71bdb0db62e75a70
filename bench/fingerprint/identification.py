"""Is an attacked clip found again? For each attack and clip length."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.fingerprint.corpus import Stretch, audio, stretches
from bench.watermark.attacks import Attack, suite
from bench.watermark.keeping import Kept
from bench.watermark.stats import wilson
from safeguards.fingerprint import FingerprintIndex, extract
from safeguards.fingerprint.extraction import MIN_SECONDS
from safeguards.fingerprint.matching import FALSE_MATCH_RATE

MILLION_SECONDS = 5e6  # a million records of five seconds


def identify(speech: Path, seconds: float, count: int, kept: Kept | None = None) -> dict[str, Any]:
    """Rates for clips of one length. A clip of 1 to 10 s is its own record; what is asked is the attacked clip.

    ``found``: the right record comes first and is surprising in this index. ``found_in_million``: it would be among 1e6 records.
    ``same_recording``: it is believed, that is moreover told from another reading of the same sentence. ``wrong``: another record is
    surprising. ``kept`` holds the answers of clips that were asked about before, and takes new ones.
    """
    kept = kept or Kept(None)
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
    attacks = {
        name: attack
        for name, attack in suite(voices).items()
        if not (name.startswith("crop") and float(name[5]) >= seconds)
    }
    for number, clip in enumerate(clips):
        step = f"{seconds:g} s, clip {number}"
        if step not in kept:
            kept.put(step, {name: _answer(index, attack, name, number, clip) for name, attack in attacks.items()})
    rows = []
    for name in attacks:
        answers = [kept[f"{seconds:g} s, clip {number}"][name] for number in range(len(clips))]
        given = [Answer(*answer) for answer in answers if answer is not None]
        asked, found = len(given), sum(each.right and each.surprising for each in given)
        same = [bool(each.right and each.believed) for each in given]
        million = sum(each.right and each.log10_p + growth <= math.log10(FALSE_MATCH_RATE) for each in given)
        rows.append(
            {
                "attack": name,
                "seconds": seconds,
                "n": asked,
                "first": sum(each.right for each in given) / asked,
                "found": found / asked,
                "found_interval": wilson(found, asked),
                "found_in_million": million / asked,
                "found_in_million_interval": wilson(million, asked),
                "same_recording": sum(same) / asked,
                "same_recording_interval": wilson(sum(same), asked),
                "believed": same,
                "wrong": sum(not each.right and each.surprising for each in given),
                "median_log10_p": float(np.median([each.log10_p if each.right else 0.0 for each in given])),
            }
        )
    speakers = len({clip.speaker for clip in clips})
    return {"seconds": seconds, "clips": len(clips), "speakers": speakers, "bytes": int(np.max(sizes)), "rows": rows}


class Answer(NamedTuple):
    """What the index said first of an attacked clip."""

    right: bool
    surprising: bool
    believed: bool
    log10_p: float


def _answer(index: FingerprintIndex, attack: Attack, name: str, number: int, clip: Stretch) -> Answer | None:
    """None where the attack left too little to ask about."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {number}".encode()))
    changed = np.asarray(attack(clip.samples.astype(np.float32), rng), dtype=np.float64)
    if len(changed) / 16_000 < MIN_SECONDS:
        return None
    best = index.query(extract(audio(changed)), top=1)[0]
    return Answer(best.id == f"clip-{number}", best.surprising, best.believed, round(best.log10_p, 2))
