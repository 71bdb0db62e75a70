from __future__ import annotations

import numpy as np
import pytest

from safeguards.detector import channels
from safeguards.detector.channels import BAND_CHANNELS
from safeguards.detector.codecs import BAND, CODECS, MEASURING, TRAINING, coded
from safeguards.detector.features import channel_class, observe, spoken_frames
from tests import speech_data


def _speech() -> np.ndarray:
    return speech_data.load(speech_data.clips("LJ")[0]).to_mono()[:32_000]


def test_codecs_of_training_of_the_band_and_of_measuring_are_different_ones() -> None:
    assert not set(TRAINING) & set(BAND)
    assert not (set(TRAINING) | set(BAND)) & set(MEASURING)
    assert {*TRAINING, *BAND, *MEASURING} <= set(CODECS)


@pytest.mark.parametrize(
    "name",
    [
        "mp3",
        "aac",
        "ac3",
        "g726",
        "g722",
        "g723",
        "sbc",
        "eac3",
        "wmav2",
        "wmav2_44k",
        "real_144",
        "opus",
        "amr",
        "gsm",
    ],
)
def test_a_codec_gives_back_the_same_speech_at_the_same_place(name: str) -> None:
    samples = _speech()
    back = coded(samples, name, np.random.default_rng(0))
    assert back.shape == samples.shape
    assert np.corrcoef(samples, back)[0, 1] > 0.7


def test_the_same_journey_is_made_for_the_same_seed_and_another_for_another() -> None:
    samples = _speech()
    first, again, other = (channels.journey(samples, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == samples.shape


def test_every_channel_of_the_band_leaves_speech_that_is_not_the_same() -> None:
    samples = _speech()
    heard = [channels.band_channel(samples, number, np.random.default_rng(2)) for number in range(len(BAND_CHANNELS))]
    assert all(one.shape == samples.shape and np.isfinite(one).all() for one in heard)
    assert all(np.abs(one - samples).max() > 1e-4 for one in heard)
    assert len({one.tobytes() for one in heard}) == len(BAND_CHANNELS)


def test_noise_suppression_and_automatic_gain_keep_length_and_bounds() -> None:
    samples = channels.add_noise(_speech(), 10.0, np.random.default_rng(0))
    quiet = channels.suppressed(samples, np.random.default_rng(1))
    even = channels.compressed(samples, np.random.default_rng(2))
    assert quiet.shape == even.shape == samples.shape
    assert np.mean(quiet**2) < np.mean(samples**2)
    assert np.abs(even).max() <= np.abs(samples).max() * 1.001


@pytest.mark.parametrize(("name", "wanted"), [("kept", "clear"), ("telephone", "narrow"), ("noise", "noisy")])
def test_the_class_of_a_channel_is_heard_from_the_sound(name: str, wanted: str) -> None:
    samples = _speech()
    heard = {
        "kept": samples,
        "telephone": channels.telephone(samples),
        "noise": channels.add_noise(samples, 8.0, np.random.default_rng(0)),
    }[name]
    features = observe(heard)
    assert channel_class(features[spoken_frames(samples, len(features))]) == wanted
