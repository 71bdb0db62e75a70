"""Encoding piece by piece."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from audiokit import FORMATS, Audio, AudioError, AudioFormat, read, resample, write
from audiokit.stream import STREAM_MEDIA_TYPES, StreamEncoder
from tests import speech_data
from tests.unit.audiokit.files import tone, vowel


def streamed(audio: Audio, name: AudioFormat, piece: int) -> list[bytes]:
    encoder = StreamEncoder(name, audio.sample_rate, audio.channels)
    length = audio.samples.shape[1]
    pieces = [
        encoder.push(Audio(audio.samples[:, start : start + piece].copy(), audio.sample_rate))
        for start in range(0, length, piece)
    ]
    return [*pieces, encoder.flush()]


@pytest.mark.parametrize("piece", [160, 1600, 100_000])
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pcm"])
def test_the_joined_pieces_are_one_file_of_the_whole_sound(name: AudioFormat, piece: int) -> None:
    speech = speech_data.load(speech_data.clips("LJ")[1])

    back = read(b"".join(streamed(speech, name, piece)), max_seconds=20, max_bytes=2_000_000)

    assert -0.001 < back.seconds - speech.seconds < 0.1
    heard = resample(back, 16_000).to_mono()
    length = len(speech.to_mono())
    spectrum = np.fft.rfft(heard[:length], 2 * length) * np.conj(np.fft.rfft(speech.to_mono(), 2 * length))
    correlation = np.fft.irfft(spectrum) / np.sqrt((heard**2).sum() * (speech.samples**2).sum())
    assert correlation.max() > 0.97
    assert int(correlation.argmax()) < 0.08 * 16_000


@pytest.mark.parametrize("name", FORMATS)
def test_sound_leaves_before_the_stream_ends(name: AudioFormat) -> None:
    pieces = streamed(speech_data.load(speech_data.clips("LJ")[1]), name, 4000)

    early, all_bytes = sum(map(len, pieces[: len(pieces) // 2])), sum(map(len, pieces))
    assert early > 0.3 * all_bytes


@pytest.mark.parametrize("name", FORMATS)
def test_equal_pieces_give_equal_bytes(name: AudioFormat) -> None:
    speech = speech_data.load(speech_data.clips("kathleen")[0])

    assert streamed(speech, name, 1111) == streamed(speech, name, 1111)


def test_streamed_pcm_is_the_written_pcm() -> None:
    assert b"".join(streamed(vowel(), "pcm", 700)) == write(vowel(), "pcm")


def test_a_streamed_wav_has_one_header() -> None:
    data = b"".join(streamed(vowel(), "wav", 700))

    assert data.count(b"RIFF") == 1
    assert data[44:] == write(vowel(), "pcm")
    with wave.open(io.BytesIO(data)) as opened:
        assert opened.getframerate() == 16_000


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pcm"])
def test_stereo_is_streamed(name: AudioFormat) -> None:
    both = Audio(np.concatenate([tone(440, 0.5, 24_000).samples, tone(880, 0.5, 24_000).samples]), 24_000)

    back = read(b"".join(streamed(both, name, 2400)), max_seconds=5, max_bytes=1_000_000)

    assert back.channels == 2


def test_an_empty_stream_ends_without_an_error() -> None:
    assert all(isinstance(StreamEncoder(name, 16_000).flush(), bytes) for name in FORMATS)


def test_a_finished_stream_takes_and_gives_nothing_more() -> None:
    encoder = StreamEncoder("mp3", 16_000)
    encoder.push(vowel())
    assert encoder.flush()

    assert encoder.flush() == b""
    with pytest.raises(ValueError, match="has ended"):
        encoder.push(vowel())


def test_the_shape_cannot_change_within_a_stream() -> None:
    with pytest.raises(ValueError, match="expected channels and rate"):
        StreamEncoder("wav", 24_000).push(vowel())


def test_what_cannot_be_written_cannot_be_streamed() -> None:
    with pytest.raises(AudioError, match="too_many_channels"):
        StreamEncoder("mp3", 16_000, 3)
    with pytest.raises(AudioError, match="unsupported_format"):
        StreamEncoder("wma", 16_000)  # type: ignore[arg-type]
    assert set(STREAM_MEDIA_TYPES) == set(FORMATS)
