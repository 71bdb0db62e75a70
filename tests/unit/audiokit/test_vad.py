"""Voice activity on real speech, in noise and without it."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio, resample
from audiokit.vad import net_speech_seconds, speech_mask, speech_spans
from tests import speech_data
from tests.unit.audiokit.files import tone


def padded(speech: Audio, seconds: float = 1.0) -> np.ndarray:
    silence = np.zeros(round(seconds * speech.sample_rate), np.float32)
    return np.concatenate([silence, speech.samples[0], silence])


def noise_like(kind: str, length: int) -> np.ndarray:
    if kind == "rain":
        rain = speech_data.load(speech_data.noise()).samples[0]
        return np.tile(rain, length // len(rain) + 1)[:length]
    white = np.random.default_rng(7).standard_normal(length)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), length)


def in_noise(speech: Audio, kind: str, snr_db: float) -> Audio:
    """``speech`` between seconds of nothing, all of it in noise ``snr_db`` below the level of its own loud parts."""
    signal = padded(speech)
    loud = np.abs(signal) > 0.05 * np.abs(signal).max()
    noise = noise_like(kind, len(signal))
    noise = noise / np.sqrt((noise**2).mean()) * np.sqrt((signal[loud] ** 2).mean()) * 10 ** (-snr_db / 20)
    mixed = signal + noise
    return Audio.mono(mixed / max(1.0, np.abs(mixed).max()), speech.sample_rate)


@pytest.mark.parametrize("speaker", speech_data.speakers())
def test_clean_speech_is_found_and_the_silence_around_it_is_not(speaker: str) -> None:
    speech = speech_data.load(speech_data.clips(speaker)[0])

    spans = speech_spans(Audio.mono(padded(speech), 16_000))

    assert spans[0][0] > 0.8
    assert spans[-1][1] < 1.2 + speech.seconds
    assert sum(end - start for start, end in spans) > 0.6 * speech.seconds


# The rain falls in single drops that ring: they stand out of their own noise as speech does.
@pytest.mark.parametrize(("kind", "most_false_alarms"), [("white", 0.1), ("pink", 0.1), ("rain", 0.3)])
@pytest.mark.parametrize("speaker", speech_data.speakers())
def test_at_5_decibels_most_of_the_speech_is_found_and_little_of_the_noise(
    speaker: str, kind: str, most_false_alarms: float
) -> None:
    speech = speech_data.load(speech_data.clips(speaker)[0])
    clean = speech_mask(padded(speech))

    heard = speech_mask(in_noise(speech, kind, 5.0).samples[0])

    assert (heard & clean).sum() > 0.7 * clean.sum()
    assert (heard & ~clean).sum() < most_false_alarms * (~clean).sum()


@pytest.mark.parametrize("kind", ["white", "pink"])
@pytest.mark.parametrize("amplitude", [0.001, 0.1])
def test_steady_noise_alone_is_no_speech(kind: str, amplitude: float) -> None:
    noise = noise_like(kind, 5 * 16_000)

    assert net_speech_seconds(Audio.mono(amplitude * noise / np.abs(noise).max(), 16_000)) == 0.0


@pytest.mark.parametrize("hz", [100, 440, 3000])
def test_a_steady_tone_is_no_speech(hz: int) -> None:
    assert net_speech_seconds(tone(hz, 3.0, 16_000)) == 0.0


@pytest.mark.parametrize("samples", [0, 1, 100, 159, 160, 400, 1600])
def test_digital_silence_of_any_length_is_no_speech(samples: int) -> None:
    assert speech_spans(Audio(np.zeros((1, samples), np.float32), 16_000)) == []


def test_the_level_does_not_matter() -> None:
    speech = speech_data.load(speech_data.clips("LJ")[0])
    quiet = Audio((speech.samples * np.float32(0.02)).astype(np.float32), 16_000)

    assert net_speech_seconds(quiet) == pytest.approx(net_speech_seconds(speech), rel=0.1)


@pytest.mark.parametrize("sample_rate", [8_000, 24_000, 48_000])
def test_the_sample_rate_hardly_matters(sample_rate: int) -> None:
    speech = speech_data.load(speech_data.clips("ls1998")[0])

    assert net_speech_seconds(resample(speech, sample_rate)) == pytest.approx(net_speech_seconds(speech), rel=0.1)


def test_both_channels_are_heard() -> None:
    speech = speech_data.load(speech_data.clips("LJ")[0])
    right_only = Audio(np.concatenate([np.zeros_like(speech.samples), speech.samples]), 16_000)

    assert net_speech_seconds(right_only) == pytest.approx(net_speech_seconds(speech), rel=0.05)


def test_spans_ascend_and_stay_within_the_sound() -> None:
    speech = speech_data.load(speech_data.clips("kathleen")[0])
    twice = Audio.mono(np.concatenate([padded(speech), padded(speech)]), 16_000)

    spans = speech_spans(twice)

    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert edges[0] >= 0.0
    assert edges[-1] <= twice.seconds
    assert len(spans) >= 2
