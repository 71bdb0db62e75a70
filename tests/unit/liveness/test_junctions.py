from __future__ import annotations

import numpy as np

from safeguards.detector.features import FEATURES, FRAMES_PER_SECOND, RATE, observe
from safeguards.liveness.junctions import JUNCTIONS, junctions
from safeguards.liveness.presentation import SPLICES, splice
from safeguards.liveness.splice_statistics import describe_splice, observe_splice


def _room(seconds: float, seed: int = 0) -> np.ndarray:
    return (0.05 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def test_a_fade_to_nothing_lies_deeper_than_anything_that_a_room_does() -> None:
    pieces = [_room(0.8, seed) for seed in range(3)]
    joined = splice(pieces, np.random.default_rng(1), "no gap")
    rows = junctions(joined, len(joined) * FRAMES_PER_SECOND // RATE)
    deepest = np.argsort(rows[:, 1])[:2]
    assert max(np.abs(deepest / FRAMES_PER_SECOND - cut).min() for cut in (0.8, 1.6)) < 0.03
    whole = _room(2.4)
    assert rows[:, 1].min() < junctions(whole, 240)[:, 1].min() - 1.0


def test_a_crossfade_leaves_no_silence_and_takes_time_from_both() -> None:
    pieces = [_room(0.5, seed) for seed in range(4)]
    joined = splice(pieces, np.random.default_rng(2), "crossfaded")
    assert sum(map(len, pieces)) - 3 * 0.02 * RATE <= len(joined) < sum(map(len, pieces))
    inside = joined[400:-400]
    power = np.convolve(inside**2, np.ones(32) / 32, mode="valid")
    assert power.min() > 0.05**2 / 10.0


def test_every_kind_of_splice_holds_finite_sound() -> None:
    for kind in SPLICES:
        assert np.isfinite(splice([_room(0.4), _room(0.6)], np.random.default_rng(3), kind)).all()


def test_traces_of_cuts_stand_beside_the_detectors_features() -> None:
    samples = _room(3.0)
    features = observe(samples)
    seen = observe_splice(samples, features)
    assert seen.shape == (len(features), FEATURES + JUNCTIONS)
    assert np.array_equal(seen[:, :FEATURES], features)
    numbers = describe_splice(seen, False)
    assert np.isfinite(numbers).all()
    assert np.array_equal(numbers, describe_splice(observe_splice(samples, features), False))


def test_level_says_nothing() -> None:
    samples = _room(1.0)
    assert np.allclose(junctions(samples, 100), junctions(samples * np.float32(0.1), 100), atol=0.05)
