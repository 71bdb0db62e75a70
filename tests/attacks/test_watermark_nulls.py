"""p-values of sound that carries no mark, or another key's, stay within what they claim."""

from __future__ import annotations

import numpy as np
import pytest

from bench.watermark.attacks import Array
from bench.watermark.false_positives import Null, judge_block
from bench.watermark.hypotheses import phase_scores, pilot_spectra, z_levels
from safeguards.watermark import WatermarkKey, embed
from safeguards.watermark.cells import cell_sums, z_score
from safeguards.watermark.features import power, score_map
from safeguards.watermark.layout import SEQUENCE_FRAMES
from safeguards.watermark.pattern import pattern_of
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
    keys = [WatermarkKey.from_bytes(rng.bytes(32)) for _ in range(24)]
    judge_block([(0, sound) for sound in _sounds(kind)], keys, [null])
    values = np.array(null.log10_p)
    assert len(values) == 72
    # Were the p-values exact, more than 14 of 72 at 0.1 would come once in 100 such runs; the bound makes it rarer.
    assert (values <= -1).sum() <= 14
    assert values.min() > -4
    assert null.payload_reads == 0


def test_scores_of_all_phases_stay_within_the_tail_bound() -> None:
    rng = np.random.default_rng(6)
    keys = [WatermarkKey.from_bytes(rng.bytes(32)) for _ in range(20)]
    maps = [score_map(power(sound)) for sound in _sounds("unmarked")]
    z = phase_scores(maps, *pilot_spectra(keys))
    assert z.shape == (20, 3, SEQUENCE_FRAMES)
    at = (np.arange(maps[1].shape[1]) + 1777) % SEQUENCE_FRAMES
    assert z[3, 1, 1777] == pytest.approx(z_score(cell_sums(maps[1], at), pattern_of(keys[3]).pilots), rel=1e-3)
    # The phases of one window hang together, so no interval is claimed; the bound leaves room.
    for level, power_of_ten in zip(z_levels()[:4], (1e-1, 1e-2, 1e-3, 1e-4), strict=True):
        assert (z >= level).mean() <= power_of_ten
