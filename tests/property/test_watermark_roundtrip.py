"""Any payload under any key comes back, at any rate, level and offset."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audiokit import Audio, resample
from safeguards.watermark import WatermarkKey, detect, embed
from tests.unit.watermark.clips import speech


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    payload=st.integers(0, 2**32 - 1),
    secret=st.binary(min_size=32, max_size=32),
    # Odd rates between the usual ones: frame positions are then no whole numbers of samples.
    rate=st.sampled_from([16_000, 16_001, 22_050, 37_800, 44_100, 48_000]),
    gain=st.floats(0.02, 1.0),
    skipped=st.integers(0, 7_000),
    which=st.integers(0, 4),
)
def test_what_was_embedded_is_read(
    payload: int, secret: bytes, rate: int, gain: float, skipped: int, which: int
) -> None:
    key = WatermarkKey.from_bytes(secret)
    clip = resample(speech(4.0, which=which), rate)
    marked = embed(Audio(clip.samples * np.float32(gain), rate), payload, key).audio
    heard = Audio(marked.samples[:, skipped:].copy(), rate)
    assert detect(heard, [key]).payload == payload
