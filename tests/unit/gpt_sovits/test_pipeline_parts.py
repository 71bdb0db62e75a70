"""Word times, doubts and manner, each by itself."""

from __future__ import annotations

import numpy as np
import pytest
import pyworld

from audiokit import Audio, resample
from synthesis.engine.gpt_sovits.pipeline import manner, plausibility, preparation, timing
from synthesis.engine.gpt_sovits.pipeline.utterance import Utterance
from synthesis.engine.gpt_sovits.pipeline.voice import Reference
from synthesis.engine.gpt_sovits.recordings import Quality
from tests.speech_data import clips, load
from tests.unit.gpt_sovits import tiny

RATE = 32_000
NOBODY = Reference(np.zeros(0, np.int32), np.zeros(0, np.int32), None, np.zeros(tiny.GIN, np.float32))
HALF_RATE = Reference(np.zeros(60, np.int32), np.zeros(30, np.int32), None, np.zeros(tiny.GIN, np.float32))


def test_a_clear_diagonal_gives_its_frames_back() -> None:
    counts = np.array([3, 1, 5, 2])
    weights = np.full((11, 4), 0.01)
    weights[np.arange(11), np.repeat(np.arange(4), counts)] = 0.97
    assert timing.monotonic(weights).tolist() == counts.tolist()


@pytest.mark.parametrize(("frames", "phones"), [(1, 1), (3, 9), (40, 7)])
def test_every_frame_belongs_to_one_phone_and_phones_stay_in_order(frames: int, phones: int) -> None:
    weights = np.random.default_rng(frames).dirichlet(np.ones(phones), frames)
    counts = timing.monotonic(weights)
    assert counts.sum() == frames
    assert frames < phones or counts.min() >= 1


@pytest.mark.parametrize(
    ("reference", "tokens", "plausible"),
    [(NOBODY, 60, True), (NOBODY, 400, False), (NOBODY, 9, False), (HALF_RATE, 60, True), (HALF_RATE, 160, False)],
)
def test_too_few_and_too_many_tokens_are_doubted(reference: Reference, tokens: int, plausible: bool) -> None:
    (piece,) = tiny.letters("thirty letters or so are here now", "en")
    utterance = Utterance(piece, reference, 1, 1.0)
    assert (plausibility.strain(utterance, tokens) == 0.0) == plausible


def test_what_was_not_said_is_noticed_and_what_was_said_is_not_doubted() -> None:
    clip = max(clips(min_seconds=3), key=lambda clip: clip.seconds)
    samples = resample(load(clip), RATE).to_mono()
    assert plausibility.amiss(samples, clip.transcript) == 0.0
    assert plausibility.amiss(samples, "seventeen elephants carried umbrellas through Manchester") > 0.25


def test_pitch_goes_up_by_the_semitones_asked_for_and_the_length_stays() -> None:
    samples = resample(load(clips(min_seconds=3)[0]), RATE).to_mono()
    made = manner.apply(samples, manner.Manner(semitones=4.0))
    assert made.shape == samples.shape
    assert _median_f0(made) / _median_f0(samples) == pytest.approx(2 ** (4 / 12), rel=0.05)
    quieter = manner.apply(samples, manner.Manner(gain_db=-6.0))
    np.testing.assert_allclose(quieter, samples * 10 ** (-6 / 20), atol=1e-6)


def _median_f0(samples: np.ndarray) -> float:
    f0, _ = pyworld.dio(samples.astype(np.float64), RATE)
    return float(np.median(f0[f0 > 0]))


def _take(seconds: float, snr: float, text: str = "words") -> preparation.Take:
    audio = Audio.mono(np.full(round(seconds * 16_000), 0.1, np.float32), 16_000)
    return preparation.Take(audio, text, Quality(snr, 0.0, ((0.0, seconds),), seconds))


def test_the_cleanest_take_of_a_good_length_becomes_the_reference_and_short_ones_are_joined() -> None:
    takes = [_take(12, 40), _take(6, 20), _take(6, 35), _take(9, 35), _take(6, 40, text="")]
    assert preparation.choose(takes) is takes[2]
    joined = preparation.choose([_take(2, 30, "one"), _take(1.5, 30, "two")])
    assert joined is not None
    assert 3.0 <= joined.audio.seconds <= 10.0
    assert joined.text.split() == ["one.", "two."]
    assert preparation.choose([_take(12, 40)]) is None
