"""Loudness against ITU-R BS.1770-4 and EBU Tech 3341; signal-to-noise ratio and clipping on made signals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audiokit import Audio, resample
from audiokit.loudness import clipping_share, estimate_snr_db, integrated_lufs, normalise, true_peak_db
from tests import speech_data
from tests.unit.audiokit.files import tone


def level(lufs: float, seconds: float = 5.0, sample_rate: int = 48_000) -> Audio:
    """A 997 Hz tone that BS.1770 measures at ``lufs`` in one channel: a full-scale sine is -3.01 LUFS."""
    return tone(997, seconds, sample_rate, amplitude=10 ** ((lufs + 3.01) / 20))


@pytest.mark.parametrize("sample_rate", [16_000, 24_000, 44_100, 48_000])
def test_a_997_hertz_tone_at_minus_23_lufs(sample_rate: int) -> None:
    # The reference filters are defined at 48 kHz; near Nyquist their shelf bends, so lower rates may differ a little.
    assert integrated_lufs(level(-23.0, sample_rate=sample_rate)) == pytest.approx(-23.0, abs=0.1)


def test_two_channels_are_three_decibels_louder_than_one() -> None:
    mono = level(-23.0)

    assert integrated_lufs(Audio(np.repeat(mono.samples, 2, axis=0), 48_000)) == pytest.approx(-19.99, abs=0.1)


def test_quiet_passages_are_gated_out() -> None:
    # EBU Tech 3341 case 3: -36, -23, -36 LUFS reads -23.
    parts = [level(-36.0, 10.0), level(-23.0, 60.0), level(-36.0, 10.0)]

    programme = Audio(np.concatenate([part.samples for part in parts], axis=1), 48_000)

    assert integrated_lufs(programme) == pytest.approx(-23.0, abs=0.1)


def test_near_silence_lies_under_the_absolute_gate() -> None:
    assert integrated_lufs(level(-72.0)) == -math.inf
    assert integrated_lufs(Audio(np.zeros((1, 48_000), np.float32), 48_000)) == -math.inf
    assert integrated_lufs(Audio(np.zeros((1, 0), np.float32), 48_000)) == -math.inf


def test_sound_shorter_than_a_block_is_measured_whole() -> None:
    assert integrated_lufs(level(-23.0, seconds=0.2)) == pytest.approx(-23.0, abs=0.3)


def test_rumble_counts_less_than_speech_frequencies() -> None:
    assert integrated_lufs(tone(25, 3.0, 48_000)) < integrated_lufs(tone(1000, 3.0, 48_000)) - 8


def test_the_true_peak_lies_between_the_samples() -> None:
    # A quarter of the sample rate at 45 degrees: samples at 0.707, crests at 1.
    time = np.arange(48_000)
    audio = Audio.mono(np.sin(np.pi / 2 * time + np.pi / 4), 48_000)

    assert np.abs(audio.samples).max() == pytest.approx(0.7071, abs=1e-4)
    assert true_peak_db(audio) == pytest.approx(0.0, abs=0.3)


def test_the_true_peak_of_silence_is_minus_infinity() -> None:
    assert true_peak_db(Audio(np.zeros((1, 100), np.float32), 48_000)) == -math.inf


@pytest.mark.parametrize("speaker", ["LJ", "ls1688"])
def test_normalising_reaches_the_target(speaker: str) -> None:
    speech = speech_data.load(speech_data.clips(speaker)[0])

    assert integrated_lufs(normalise(speech, -27.0)) == pytest.approx(-27.0, abs=0.05)


def test_normalising_never_passes_the_true_peak_limit() -> None:
    click = np.full(48_000, 0.001)
    click[24_000] = 0.9
    out = normalise(Audio.mono(click, 48_000), -10.0, max_true_peak_db=-1.0)

    assert true_peak_db(out) == pytest.approx(-1.0, abs=0.05)
    assert integrated_lufs(out) < -10.0


def test_silence_is_not_normalised() -> None:
    silence = Audio(np.zeros((1, 48_000), np.float32), 48_000)

    assert normalise(silence) is silence


# The LibriSpeech recordings have noise of their own about 30 dB down.
@pytest.mark.parametrize(
    ("speaker", "snr"),
    [("LJ", 30.0), *((name, snr) for name in ("LJ", "ls1688", "ls1998") for snr in (5.0, 10.0, 20.0))],
)
def test_the_signal_to_noise_ratio_of_speech_in_white_noise_is_found(speaker: str, snr: float) -> None:
    speech = speech_data.load(speech_data.clips(speaker)[0]).samples[0]
    loud = np.abs(speech) > 0.05 * np.abs(speech).max()
    noise = np.random.default_rng(3).standard_normal(len(speech))
    noise *= np.sqrt((speech[loud] ** 2).mean()) * 10 ** (-snr / 20)

    assert estimate_snr_db(Audio.mono(0.5 * (speech + noise), 16_000)) == pytest.approx(snr, abs=4.0)


def test_the_signal_to_noise_ratio_without_speech_is_the_lowest() -> None:
    noise = Audio.mono(0.1 * np.random.default_rng(4).standard_normal(32_000), 16_000)

    assert estimate_snr_db(noise) == -20.0


def test_a_clipped_sine_is_clipped_as_long_as_it_is_flat() -> None:
    clipped = Audio.mono(np.clip(2.0 * tone(440, 1.0, 48_000, amplitude=1.0).samples[0], -1.0, 1.0), 48_000)

    # |sin| > 1/2 for two thirds of the period.
    assert clipping_share(clipped) == pytest.approx(2 / 3, abs=0.01)


def test_a_flat_top_below_full_scale_is_clipping_too() -> None:
    turned_down = Audio.mono(0.3 * np.clip(2.0 * tone(440, 1.0, 48_000, amplitude=1.0).samples[0], -1.0, 1.0), 48_000)

    assert clipping_share(turned_down) == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize("hz", [50, 100, 997])
def test_a_round_crest_is_not_clipping(hz: int) -> None:
    assert clipping_share(tone(hz, 1.0, 16_000, amplitude=0.9)) == 0.0


def test_clean_speech_is_not_clipped() -> None:
    assert all(clipping_share(speech_data.load(clip)) < 1e-4 for clip in speech_data.clips())
    assert clipping_share(resample(Audio(np.zeros((1, 0), np.float32), 8_000), 16_000)) == 0.0
