"""Reading sound files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from audiokit import AudioError, read, resample, wav_stream_header, write
from audiokit.encode import pcm16
from tests.unit.audiokit.files import all_files, encoded, names, tone, vowel, wav_bytes

LIMITS = {"max_seconds": 10.0, "max_bytes": 1_000_000}


def code_of(source: bytes | Path, **changes: float) -> str:
    with pytest.raises(AudioError) as caught:
        read(source, **{**LIMITS, **changes})  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize("name", list(names()))
def test_every_container_is_read_by_content_with_its_duration(name: str) -> None:
    audio = read(all_files()[name], max_seconds=10, max_bytes=1_000_000)

    assert audio.channels == (2 if name == "ogg_vorbis" else 1)
    # Raw AAC states no encoder delay: a codec frame of it at either end is sound to the reader.
    assert audio.seconds == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("name", list(names()))
def test_what_is_read_sounds_like_what_was_written(name: str) -> None:
    heard = resample(read(all_files()[name], max_seconds=10, max_bytes=1_000_000), 16_000).to_mono()
    meant = vowel().to_mono()

    spectra = [
        np.abs(np.fft.rfft(signal[: len(meant)] * np.hanning(min(len(signal), len(meant)))))
        for signal in (heard, meant)
    ]
    low_bins = slice(0, 1000)
    assert np.corrcoef(spectra[0][low_bins], spectra[1][low_bins])[0, 1] > 0.98


def test_the_file_name_is_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "voice.mp3"
    path.write_bytes(write(vowel(), "flac"))

    assert read(path, max_seconds=10, max_bytes=1_000_000).sample_rate == 16_000


def test_sixteen_bit_samples_are_read_exactly() -> None:
    values = np.array([0, 1, -1, 32767, -32768] * 100, "<i2")

    audio = read(wav_bytes(values), max_seconds=10, max_bytes=1_000_000)

    assert np.array_equal(audio.samples[0] * 32768, values)


def test_twenty_four_bit_and_float_samples_keep_their_precision() -> None:
    quiet = np.full(1600, 3.0 / 2**23, "<f4")

    audio = read(wav_bytes(quiet, code=3), max_seconds=10, max_bytes=1_000_000)

    assert np.array_equal(audio.samples[0], quiet)


def test_stereo_channels_stay_apart() -> None:
    left_and_right = np.tile(np.array([1000, -2000], "<i2"), 800)

    audio = read(wav_bytes(left_and_right, channels=2), max_seconds=10, max_bytes=1_000_000)

    assert audio.samples.shape == (2, 800)
    assert np.all(audio.samples[0] > 0)
    assert np.all(audio.samples[1] < 0)


def test_a_stream_of_unknown_length_is_read_to_its_end() -> None:
    sound = vowel()

    audio = read(wav_stream_header(16_000, 1) + pcm16(sound), max_seconds=10, max_bytes=1_000_000)

    assert audio.samples.shape == sound.samples.shape


def test_chunks_beside_the_sound_are_skipped() -> None:
    listed = wav_bytes(np.zeros(1600, "<i2"), extra=b"LIST" + (10).to_bytes(4, "little") + b"INFOabcdef")

    assert read(listed, max_seconds=10, max_bytes=1_000_000).samples.shape == (1, 1600)


def test_an_mp3_stream_recorded_until_mid_frame_keeps_its_whole_frames() -> None:
    whole = encoded("mp3", "libmp3lame", vowel(1.0), options={"write_xing": "0", "id3v2_version": "0"})

    audio = read(whole[: len(whole) * 3 // 4 + 50], max_seconds=10, max_bytes=1_000_000)

    assert 0.6 < audio.seconds < 0.9


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 22_050, 44_100, 192_000])
def test_rates_from_8_to_192_kilohertz_are_accepted(sample_rate: int) -> None:
    assert (
        read(write(tone(440, 0.1, sample_rate), "wav"), max_seconds=10, max_bytes=1_000_000).sample_rate == sample_rate
    )


def test_duration_is_accepted_up_to_the_limit_itself() -> None:
    second = write(tone(440, 1.0, 16_000), "wav")

    assert read(second, max_seconds=1.0, max_bytes=1_000_000).seconds == 1.0
    assert code_of(second, max_seconds=0.999) == "too_long"


def test_a_file_is_accepted_up_to_the_byte_limit_itself(tmp_path: Path) -> None:
    data = write(vowel(), "wav")
    path = tmp_path / "a.wav"
    path.write_bytes(data)

    assert read(path, max_seconds=10, max_bytes=len(data)).seconds == 0.5
    assert code_of(path, max_bytes=len(data) - 1) == "too_large"
    assert code_of(data, max_bytes=len(data) - 1) == "too_large"


def test_a_pipe_is_refused_without_waiting_on_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert code_of(tmp_path / "pipe") == "unsupported_format"


def test_a_missing_file_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.wav", max_seconds=1, max_bytes=1)


def test_decoding_stops_at_its_deadline() -> None:
    assert code_of(write(vowel(), "flac"), max_decode_seconds=0.0) == "decode_timeout"


def test_the_error_reads_as_code_and_sentence() -> None:
    with pytest.raises(AudioError, match=r"^empty: The file has no content\.$"):
        read(b"", max_seconds=1, max_bytes=1)


def test_tags_before_and_after_the_sound_of_an_mp3_are_skipped() -> None:
    before = b"ID3\x03\x00\x00" + bytes([0, 0, 1, 0]) + bytes(128)
    after = b"TAG" + b"Title".ljust(125, b"\0")

    audio = read(before + write(vowel(), "mp3") + after, max_seconds=10, max_bytes=1_000_000)

    assert audio.seconds == 0.5


def test_a_tag_before_the_sound_of_a_flac_is_skipped() -> None:
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + bytes(128)

    assert read(tag + write(vowel(), "flac"), max_seconds=10, max_bytes=1_000_000).seconds == 0.5
