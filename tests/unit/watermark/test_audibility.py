"""The bounds on audibility bound, and the measures that judge them measure."""

from __future__ import annotations

import numpy as np
import pytest

from bench.watermark.masking_model import noise_to_mask
from bench.watermark.quality import si_sdr
from bench.watermark.stats import wilson
from safeguards.watermark import embed, masking
from safeguards.watermark.embed import bin_power
from safeguards.watermark.framing import framing
from safeguards.watermark.loudness import LoudnessGuard
from safeguards.watermark.optimise import FIRST_BIN, LAST_BIN, Settings, optimise_gains
from tests.unit.watermark.clips import KEY, PAYLOAD, speech


def _host() -> np.ndarray:
    samples = speech(2.0, which=1).samples[0]
    return bin_power(framing(16_000).analyse(samples, 0, 0, 201))


def test_few_audible_cells_pass_the_mask() -> None:
    for which in range(4):
        clip = speech(5.0, which=which)
        over, ratio_db = noise_to_mask(clip.samples[0], embed(clip, PAYLOAD, KEY).audio.samples[0])
        assert over < 0.05
        assert ratio_db < -6


@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_turned_up_by_20_db_pauses_hold_few_cells_over_the_mask(seconds: float) -> None:
    clip = speech(seconds, which=2)
    marked = embed(clip, PAYLOAD, KEY).audio.samples[0]
    over, _ = noise_to_mask(clip.samples[0], marked, louder_db=20.0, range_db=70.0)
    assert over < 0.05


def test_the_mask_model_hears_noise_and_not_identity() -> None:
    clean = speech(2.0).samples[0]
    noise = np.random.default_rng(1).standard_normal(len(clean)).astype(np.float32) * np.std(clean)
    assert noise_to_mask(clean, clean)[0] == 0.0
    assert noise_to_mask(clean, clean + 0.3 * noise)[0] > 0.3
    assert noise_to_mask(clean, clean + 0.001 * noise)[0] < 0.02


def test_gains_keep_within_their_caps() -> None:
    host = _host()
    caps = np.full((LAST_BIN - FIRST_BIN, host.shape[1]), 1.5, dtype=np.float32)
    signs = np.random.default_rng(2).choice(np.float32([-1, 1]), (36, host.shape[1]))
    gain, _ = optimise_gains(host, signs, caps, Settings(steps=5))
    assert np.abs(gain).max() <= 1.5
    assert np.abs(gain).mean() > 0.1


def test_an_eased_clip_is_marked_more_gently_where_it_is_loud_and_in_its_pauses() -> None:
    levels = masking.bin_levels(_host(), FIRST_BIN, LAST_BIN)
    loud = masking.loud_level(levels.max(axis=0))
    bare = masking.gain_caps(levels, loud, FIRST_BIN, 0.0)
    eased = masking.gain_caps(levels, loud, FIRST_BIN, 1.0)
    loudest, quietest = (np.unravel_index(at, levels.shape) for at in (levels.argmax(), levels.argmin()))
    assert (eased <= bare).all()
    assert eased[loudest] < 0.6 * bare[loudest]
    pauses = masking.gain_caps(levels, loud, FIRST_BIN, 1.0, 0.0)
    assert eased[quietest] < 0.5 * pauses[quietest]
    assert pauses[quietest] > 0.8 * bare[quietest]
    assert np.abs(eased).max() <= masking.MAX_GAIN_DB * (1 + masking.QUIET_BONUS)


def test_the_loudness_guard_s_gradient_is_the_derivative_of_its_cost() -> None:
    host = _host()[:, :40]
    part = host[FIRST_BIN:LAST_BIN]
    guard = LoudnessGuard(part, host, FIRST_BIN)
    rng = np.random.default_rng(3)
    # Rises stay under the point from which they weigh more: that weight is held while descending.
    marked = (part * 10 ** (rng.uniform(-1.2, 0.35, part.shape))).astype(np.float32)
    direction = (marked * rng.standard_normal(part.shape)).astype(np.float32)
    step = 1e-3
    change = guard.cost(marked + step * direction).sum() - guard.cost(marked - step * direction).sum()
    expected = float((guard.gradient(marked) * direction).sum())
    assert np.isclose(change / (2 * step), expected, rtol=0.05)


def test_unchanged_sound_costs_no_loudness() -> None:
    host = _host()
    guard = LoudnessGuard(host[FIRST_BIN:LAST_BIN], host, FIRST_BIN)
    assert guard.cost(host[FIRST_BIN:LAST_BIN]).max() == 0.0


def test_counts_come_with_wilson_intervals() -> None:
    low, high = wilson(8, 10)
    assert np.allclose((low, high), (0.4902, 0.9433), atol=5e-4)
    assert wilson(0, 10)[0] == 0.0
    assert wilson(0, 0) == (0.0, 1.0)


def test_si_sdr_ignores_gain() -> None:
    clean = speech(1.0).samples[0]
    assert si_sdr(clean, 0.3 * clean) > 80
