"""Writing sound files."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest

from audiokit import (
    EXTENSIONS,
    FORMATS,
    MEDIA_TYPES,
    Audio,
    AudioError,
    AudioFormat,
    read,
    resample,
    wav_stream_header,
    write,
)
from tests import speech_data
from tests.unit.audiokit.files import tone, vowel

FILES: list[AudioFormat] = [name for name in FORMATS if name != "pcm"]


def lag_and_snr(heard: Audio, meant: Audio) -> tuple[int, float]:
    """Delay of ``heard`` in samples of ``meant``, and the signal-to-noise ratio without correcting for it."""
    first, second = resample(heard, meant.sample_rate).to_mono(), meant.to_mono()
    length = min(len(first), len(second))
    first, second = first[:length], second[:length]
    correlation = np.fft.irfft(np.fft.rfft(first, 2 * length) * np.conj(np.fft.rfft(second, 2 * length)))
    lag = int(np.argmax(correlation))
    noise = float(((first - second) ** 2).sum())
    return lag if lag < length else lag - 2 * length, 10 * np.log10(float((second**2).sum()) / max(noise, 1e-12))


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 24_000, 44_100])
@pytest.mark.parametrize("name", FILES)
def test_a_round_trip_keeps_duration_place_and_sound(name: AudioFormat, sample_rate: int) -> None:
    speech = resample(speech_data.load(speech_data.clips("LJ")[1]), sample_rate)

    back = read(write(speech, name), max_seconds=20, max_bytes=2_000_000)
    lag, snr = lag_and_snr(back, speech)

    assert back.seconds == pytest.approx(speech.seconds, abs=0.06)
    assert lag == 0
    assert snr > (60 if name in ("wav", "flac") else 12)


@pytest.mark.parametrize("name", FILES)
def test_stereo_stays_stereo(name: AudioFormat) -> None:
    left, right = tone(440, 0.5, 48_000), tone(1500, 0.5, 48_000)

    back = read(
        write(Audio(np.concatenate([left.samples, right.samples]), 48_000), name), max_seconds=2, max_bytes=10**6
    )

    assert back.channels == 2
    peaks = np.abs(np.fft.rfft(back.samples[:, :24_000], axis=1)).argmax(axis=1) * 2
    assert peaks.tolist() == [440, 1500]


@pytest.mark.parametrize("name", FORMATS)
def test_equal_sound_gives_equal_bytes(name: AudioFormat) -> None:
    assert write(vowel(), name) == write(vowel(), name)


@pytest.mark.parametrize("name", FORMATS)
def test_the_shortest_readable_sound_is_written(name: AudioFormat) -> None:
    assert write(tone(440, 0.02, 16_000), name)


@pytest.mark.parametrize("name", FILES)
def test_samples_beyond_full_scale_are_clipped_not_wrapped(name: AudioFormat) -> None:
    square = Audio.mono(np.repeat([2.0, -2.0] * 5, 1600), 16_000)

    back = resample(read(write(square, name), max_seconds=5, max_bytes=10**6), 16_000)

    assert np.all(np.sign(back.samples[0][800::1600][:10]) == np.sign(square.samples[0][800::1600]))


def test_lossless_formats_round_to_the_nearest_of_65536_steps() -> None:
    values = np.array([0.0, 0.49, 0.51, -0.51, 32766.6, -32768.0] * 100) / 32768

    back = read(write(Audio.mono(values, 16_000), "flac"), max_seconds=1, max_bytes=10**6)

    assert (back.samples[0][:6] * 32768).tolist() == [0, 0, 1, -1, 32767, -32768]


def test_wav_is_understood_by_the_standard_library() -> None:
    with wave.open(io.BytesIO(write(vowel(), "wav"))) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate(), opened.getnframes()) == (
            1,
            2,
            16_000,
            8_000,
        )


def test_pcm_is_the_body_of_the_wav() -> None:
    assert write(vowel(), "wav")[44:] == write(vowel(), "pcm")


def test_the_stream_header_says_unknown_length() -> None:
    header = wav_stream_header(24_000, 2)

    assert len(header) == 44
    assert struct.unpack_from("<I", header, 4) == struct.unpack_from("<I", header, 40) == (0xFFFFFFFF,)
    assert struct.unpack_from("<HIIHH", header, 22) == (2, 24_000, 96_000, 4, 16)


def test_m4a_has_its_index_before_the_sound() -> None:
    data = write(vowel(), "aac")

    assert data[4:8] == b"ftyp"
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_mp3_begins_with_sound_and_not_with_a_tag() -> None:
    assert write(vowel(), "mp3")[0] == 0xFF


def test_every_format_has_a_media_type_and_an_extension() -> None:
    assert set(MEDIA_TYPES) == set(EXTENSIONS) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_cannot_be_written(name: AudioFormat) -> None:
    with pytest.raises(AudioError) as caught:
        write(Audio(np.zeros((1, 0), np.float32), 16_000), name)
    assert caught.value.code == "empty"


def test_three_channels_cannot_be_written() -> None:
    with pytest.raises(AudioError) as caught:
        write(Audio(np.zeros((3, 1600), np.float32), 16_000), "wav")
    assert caught.value.code == "too_many_channels"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(AudioError) as caught:
        write(vowel(), "wma")  # type: ignore[arg-type]
    assert caught.value.code == "unsupported_format"
