from __future__ import annotations

import numpy as np
import pytest

from safeguards.detector import vocoders
from safeguards.detector.features import FEATURES, observe
from safeguards.detector.phases import DELAYS, EXCITATION, FREQUENCIES, PHASES, with_phases
from safeguards.detector.residual import EXCITATIONS, excitation

RATE = 16_000


def _described(samples: np.ndarray) -> np.ndarray:
    sound = samples.astype(np.float32)
    return with_phases(sound, observe(sound))[20:-20, FEATURES:]


def _pulses(rng: np.random.Generator, *, scattered: bool) -> np.ndarray:
    """A pulse every 8 ms through a resonance; or the same spectrum in random phases."""
    source = np.zeros(2 * RATE)
    source[::128] = 1.0
    spectrum = np.fft.rfft(source)
    if scattered:
        spectrum *= np.exp(2j * np.pi * rng.random(len(spectrum)))
    hertz = np.fft.rfftfreq(2 * RATE, 1.0 / RATE)
    return np.fft.irfft(spectrum / (1.0 + (hertz / 2000.0) ** 2)) + 1e-4 * rng.standard_normal(2 * RATE)


def test_pulses_are_told_from_the_same_harmonics_in_other_phases() -> None:
    rng = np.random.default_rng(0)
    pulses, scattered = (_described(_pulses(rng, scattered=one)).mean(axis=0) for one in (False, True))
    kurtosis, crest = pulses[EXCITATION][:2] - scattered[EXCITATION][:2]
    assert kurtosis > 1.0
    assert crest > 0.5
    assert (pulses[DELAYS] < scattered[DELAYS]).mean() > 0.9


def test_one_line_has_one_frequency_and_noise_has_many() -> None:
    rng = np.random.default_rng(1)
    time = np.arange(2 * RATE) / RATE
    tone = sum(np.sin(2 * np.pi * hertz * time) for hertz in range(250, 8000, 500)) + 1e-3 * rng.standard_normal(
        len(time)
    )
    assert (
        _described(tone)[:, FREQUENCIES].mean(0) < _described(rng.standard_normal(2 * RATE))[:, FREQUENCIES].mean(0)
    ).all()


def test_a_voice_whose_phases_were_blurred_has_duller_pulses() -> None:
    from tests import speech_data

    for name in ("LJ", "kathleen", "ls1998"):
        samples = speech_data.load(speech_data.clips(name)[0]).to_mono()[: 4 * RATE].astype(np.float64)
        guessed = vocoders.phases_guessed(samples, np.random.default_rng(2))
        before, after = _described(samples), _described(guessed)
        assert before[:, 1].mean() > after[:, 1].mean()


@pytest.mark.parametrize("seconds", [0.05, 0.5, 3.0])
def test_there_is_a_row_for_each_frame_and_each_is_finite(seconds: float) -> None:
    sound = np.random.default_rng(3).standard_normal(int(seconds * RATE)).astype(np.float32)
    features = observe(sound)
    found = with_phases(sound, features)
    assert found.shape == (len(features), FEATURES + PHASES)
    assert np.isfinite(found).all()
    assert np.array_equal(found[:, :FEATURES], features)
    assert np.isfinite(with_phases(sound * 0.0, features)).all()


def test_long_sound_is_described_as_its_parts_are() -> None:
    sound = np.random.default_rng(4).standard_normal(11 * RATE).astype(np.float32)
    whole = excitation(sound, 1100)
    assert whole.shape == (1100, EXCITATIONS)
    assert np.allclose(whole[1000:1050], excitation(sound[950 * 160 :], 150)[50:100], atol=1e-3)
