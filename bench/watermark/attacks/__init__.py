"""The attack suite: everything audio meets on its way, and what somebody without the key may do to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiokit import Audio
from bench.watermark.attacks.codecs import CODECS
from bench.watermark.attacks.enhance import ENHANCE
from bench.watermark.attacks.filters import FILTERS
from bench.watermark.attacks.noise import noises
from bench.watermark.attacks.rooms import ROOMS
from bench.watermark.attacks.timing import CROPS_S, timings
from bench.watermark.attacks.types import RATE, Array, Attack, Rng
from safeguards.watermark import WatermarkKey, embed

__all__ = ["CROPS_S", "RATE", "Array", "Attack", "Rng", "suite"]


def _marked_again(x: Array, rng: Rng) -> Array:
    """A second mark under another key."""
    key = WatermarkKey.from_bytes(rng.bytes(32))
    sound: Array = embed(Audio.mono(x, RATE), int(rng.integers(1 << 32)), key).audio.samples[0]
    return sound


def suite(voices: Sequence[Array]) -> dict[str, Attack]:
    """All attacks by name, ``none`` first.

    Args:
        voices: other speakers' sound, for babble and splicing.
    """
    return {
        "none": lambda x, _rng: np.array(x),
        **CODECS,
        **FILTERS,
        **noises(voices),
        **ROOMS,
        **ENHANCE,
        **timings(voices),
        "marked_twice": _marked_again,
    }
