"""What asking for a supposed payload finds beyond blind detection, where the mark is weak; and whether it finds what is not there."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from audiokit import Audio
from bench.watermark.attacks import RATE, Array, Attack, suite
from bench.watermark.clips import Clip, clips, voices
from bench.watermark.detection import key_for, marked, payload_for
from bench.watermark.keeping import Kept
from bench.watermark.stats import wilson
from safeguards.watermark import confirm, detect

ATTACKS: Final = (
    "amr_nb_4.75k", "white_10db", "gsm_fr", "phone_chain", "babble_10db", "opus_12k",
)  # fmt: skip
SECONDS: Final = (1.0, 3.0, 5.0, 10.0)
_ASKED: Final = ("detected", "confirmed", "another_payload", "another_key", "unmarked")


def confirmation_table(
    folder: Path, split: str, count: int, kept: Kept | None = None, lengths: Sequence[float] = SECONDS
) -> list[dict[str, Any]]:
    """Shares of ``count`` clips, for each of ``lengths`` in seconds and each attack: the mark found blindly, confirmed, and three questions to be denied.

    ``another_payload``: of another clip of the same key; ``another_key``: that clip's payload under a key that marked nothing;
    ``unmarked``: the clip before it was marked, attacked alike. ``kept`` holds clips that were measured before.
    """
    kept = kept or Kept(None)
    attacks = suite(voices(folder, split))
    rows: list[dict[str, Any]] = []
    for seconds in lengths:
        chosen = clips(folder, split, seconds, count)
        for index, clip in enumerate(chosen):
            step = f"confirmation of {seconds:g} s, clip {index}"
            if step not in kept:
                sound = marked(clip, index)
                kept.put(step, {name: _answers(attacks[name], name, sound, clip, index) for name in ATTACKS})
        for name in ATTACKS:
            found = [kept[f"confirmation of {seconds:g} s, clip {index}"][name] for index in range(len(chosen))]
            counts = [sum(each) for each in zip(*found, strict=True)]
            row: dict[str, Any] = {"seconds": seconds, "attack": name, "n": len(found)}
            row |= dict(zip(_ASKED, counts, strict=True))
            rows.append(row | {"confirmed_interval": wilson(row["confirmed"], len(found))})
    return rows


def _answers(attack: Attack, name: str, sound: Array, clip: Clip, index: int) -> list[bool]:
    """Answers to ``_ASKED``."""

    def attacked(samples: Array) -> Audio:
        return Audio.mono(attack(samples, np.random.default_rng(zlib.crc32(f"{name} {index}".encode()))), RATE)

    key, payload, heard = key_for(index), payload_for(index), attacked(sound)
    return [
        detect(heard, [key]).present,
        confirm(heard, payload, key).present,
        confirm(heard, payload_for(index + 1000), key).present,
        confirm(heard, payload, key_for(index + 1000)).present,
        confirm(attacked(clip.samples), payload, key).present,
    ]
