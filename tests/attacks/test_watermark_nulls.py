"""p-values of sound that carries no mark, or another key's, stay within what they claim."""

from __future__ import annotations

import numpy as np
import pytest

from bench.watermark.attacks import Array
from bench.watermark.false_positives import Null, judge_window
from safeguards.watermark import WatermarkKey, embed
from tests.unit.watermark.clips import OTHER_KEY, PAYLOAD, speech


def _sounds(kind: str) -> list[Array]:
    clips = [speech(2.0, which=i) for i in range(3)]
    if kind == "marked with another key":
        clips = [embed(clip, PAYLOAD, OTHER_KEY).audio for clip in clips]
    return [clip.samples[0] for clip in clips]


@pytest.mark.parametrize("kind", ["unmarked", "marked with another key"])
def test_null_p_values_are_honest(kind: str) -> None:
    rng = np.random.default_rng(5)
    null = Null(kind)
    for sound in _sounds(kind):
        judge_window(sound, tuple(WatermarkKey.from_bytes(rng.bytes(32)) for _ in range(24)), null)
    values = np.array(null.log10_p)
    assert len(values) == 72
    # Were the p-values exact, more than 14 of 72 at 0.1 would come once in 100 such runs; the bound makes it rarer.
    assert (values <= -1).sum() <= 14
    assert values.min() > -4
    assert null.payload_reads == 0
