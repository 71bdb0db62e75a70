from __future__ import annotations

import numpy as np

from safeguards.detector.margins import FALSE_ALARMS, highest, left_out


def _people(high: float) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Twelve voices over four channels, of which the last scores higher by ``high``."""
    rng = np.random.default_rng(0)
    channels = np.repeat(np.arange(4), 12 * 20)
    odds = rng.standard_normal(len(channels)) - 3.0 + high * (channels == 3)
    return odds, channels, [f"v{number % 12}" for number in range(len(channels))]


def test_a_channel_unlike_the_others_widens_the_band() -> None:
    alike, apart = (highest(*_people(high)) for high in (0.0, 2.0))
    assert apart > alike + 1.5


def test_the_band_leaves_few_false_alarms_over_any_channel_left_out() -> None:
    odds, channels, voices = _people(2.0)
    without = left_out(odds, channels, voices, 0.0)
    assert without[3] > FALSE_ALARMS
    known = channels != 3
    above = highest(odds, channels, voices)
    assert (odds[~known] >= above).mean() <= FALSE_ALARMS
    assert set(without) == {0, 1, 2, 3}


def test_one_voice_is_enough_to_set_a_band() -> None:
    odds, channels, voices = _people(0.0)
    assert np.isfinite(highest(odds, channels, ["v0"] * len(voices)))
