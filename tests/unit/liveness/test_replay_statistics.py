"""What the replay net reads below 900 Hz and after sounds."""

from __future__ import annotations

import numpy as np
from scipy import signal as dsp

from safeguards.detector.features import FEATURES, observe
from safeguards.liveness.replay_statistics import LOW_BANDS, describe_replay, observe_replay

RATE = 16_000


def _noise(seconds: float = 4.0) -> np.ndarray:
    return (np.random.default_rng(0).standard_normal(int(seconds * RATE)) * 0.1).astype(np.float32)


def _low(samples: np.ndarray) -> np.ndarray:
    return observe_replay(samples, observe(samples))[:, FEATURES:]


def test_a_high_pass_is_seen_in_the_bands_below_it_alone() -> None:
    samples = _noise()
    cone = dsp.sosfilt(dsp.butter(4, 200.0, "highpass", fs=RATE, output="sos"), samples).astype(np.float32)
    fall = (_low(cone) - _low(samples)).mean(axis=0)
    assert fall.shape == (LOW_BANDS,)
    assert fall[:8].max() < -4.0  # below 93 Hz, in nepers of power
    assert abs(fall[-4:]).max() < 0.3


def test_the_level_of_a_recording_says_nothing() -> None:
    samples = _noise()
    assert np.abs(_low(samples) - _low(samples * 0.3)).max() < 0.05


def test_a_longer_decay_lowers_no_fall_and_every_window_has_its_numbers() -> None:
    rng = np.random.default_rng(1)
    clicks = np.zeros(4 * RATE)
    clicks[::8_000] = 1.0
    fades = [np.exp(-np.arange(8_000) / (RATE * seconds)) * rng.standard_normal(8_000) for seconds in (0.02, 0.15)]
    short, long = (dsp.fftconvolve(clicks, fade)[: 4 * RATE].astype(np.float32) for fade in fades)
    numbers = [describe_replay(observe_replay(one, observe(one)), False) for one in (short, long)]
    assert numbers[0].shape == numbers[1].shape == (3, 2075)
    fastest = slice(-60, -50)  # 2nd percentile of the falls within 80 ms
    assert numbers[0][:, fastest].mean() < numbers[1][:, fastest].mean() - 1.0


def test_short_sound_still_makes_one_window() -> None:
    samples = _noise(1.0)
    assert describe_replay(observe_replay(samples, observe(samples)), False).shape == (1, 2075)
