"""Sample-rate conversion on signals whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio, resample
from tests.unit.audiokit.files import tone


def rms(audio: Audio, skip_s: float = 0.05) -> float:
    skip = round(skip_s * audio.sample_rate)
    return float(np.sqrt((audio.samples[:, skip:-skip].astype(np.float64) ** 2).mean()))


@pytest.mark.parametrize("hz", [9_000, 12_000, 20_000])
def test_a_tone_above_the_new_nyquist_vanishes(hz: int) -> None:
    # At least 90 dB below where it was.
    assert rms(resample(tone(hz, 1.0, 48_000), 16_000)) < 0.5 * 10 ** (-90 / 20)


@pytest.mark.parametrize("to", [8_000, 22_050, 44_100, 48_000])
def test_a_tone_below_both_nyquists_keeps_its_pitch_and_level(to: int) -> None:
    out = resample(tone(1000, 1.0, 16_000), to)

    spectrum = np.abs(np.fft.rfft(out.samples[0] * np.hanning(out.samples.shape[1])))
    assert spectrum.argmax() == 1000
    assert rms(out) == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)


def test_a_constant_stays_constant() -> None:
    out = resample(Audio.mono(np.full(16_000, 0.25), 16_000), 44_100)

    assert np.allclose(out.samples[0][2000:-2000], 0.25, atol=1e-5)


def test_a_click_stays_where_it_was() -> None:
    click = np.zeros(16_000)
    click[8_000] = 1.0

    assert resample(Audio.mono(click, 16_000), 48_000).samples[0].argmax() == 24_000


def test_there_and_back_again_is_the_same_sound() -> None:
    start = tone(440, 1.0, 16_000)

    back = resample(resample(start, 44_100), 16_000)

    assert back.samples.shape == start.samples.shape
    assert np.allclose(back.samples[0][500:-500], start.samples[0][500:-500], atol=1e-4)


@pytest.mark.parametrize(("frames", "to"), [(1, 48_000), (1, 8_000), (0, 8_000), (12_345, 44_100), (16_001, 22_050)])
def test_the_number_of_frames_is_the_rounded_one(frames: int, to: int) -> None:
    out = resample(Audio(np.zeros((2, frames), np.float32), 16_000), to)

    assert out.samples.shape == (2, round(frames * to / 16_000))


def test_an_equal_rate_returns_the_sound_itself() -> None:
    start = tone(440, 0.1, 16_000)

    assert resample(start, 16_000) is start


@pytest.mark.parametrize("to", [0, -8_000])
def test_a_rate_that_is_not_positive_is_refused(to: int) -> None:
    with pytest.raises(ValueError, match="sample_rate must be positive"):
        resample(tone(440, 0.1, 16_000), to)
