"""Uploads made to break the reader: each one ends in an AudioError with a stable code, quickly and in bounded memory."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit import Audio, AudioError, read, resample, write
from tests.unit.audiokit.files import encoded, tone, video_file, vowel, wav_bytes

ROOT = Path(__file__).parents[2]
SILENCE = np.zeros(1600, "<i2")


def code_of(data: bytes, *, max_seconds: float = 10.0, max_bytes: int = 2_000_000) -> str:
    with pytest.raises(AudioError) as caught:
        read(data, max_seconds=max_seconds, max_bytes=max_bytes)
    return caught.value.code


def hour_of_flac() -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.zeros(3600 * 8000, np.int16), 8000, format="FLAC")
    return out.getvalue()


def peak_growth_mib(data: bytes, tmp_path: Path, *, max_seconds: float) -> tuple[str, float]:
    """What reading ``data`` ends in, and by how much it raises a fresh process's peak memory."""
    path = tmp_path / "upload"
    path.write_bytes(data)
    script = """
        import resource, sys
        from pathlib import Path
        from audiokit import AudioError, read, write
        from tests.unit.audiokit.files import vowel
        read(write(vowel(), "flac"), max_seconds=9, max_bytes=10**6)  # loads the libraries
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            outcome = f"{read(Path(sys.argv[1]), max_seconds=float(sys.argv[2]), max_bytes=10**7).seconds:.1f} s"
        except AudioError as error:
            outcome = error.code
        print(outcome, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, sep=",")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(path), str(max_seconds)],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}"},
        check=True,
        capture_output=True,
        text=True,
    )
    outcome, growth = done.stdout.strip().split(",")
    return outcome, float(growth)


def test_an_hour_of_flac_in_a_hundred_kilobytes_is_stopped_at_the_limit(tmp_path: Path) -> None:
    bomb = hour_of_flac()
    assert len(bomb) < 110_000

    outcome, growth = peak_growth_mib(bomb, tmp_path, max_seconds=60)

    assert outcome == "too_long"
    # A minute at 8 kHz is 1.8 MiB of float32; the whole hour would be 110 MiB.
    assert growth < 16


def test_an_hour_of_flac_that_states_no_length_is_stopped_as_well(tmp_path: Path) -> None:
    bomb = bytearray(hour_of_flac())
    bomb[21] &= 0xF0
    bomb[22:26] = bytes(4)

    outcome, growth = peak_growth_mib(bytes(bomb), tmp_path, max_seconds=60)

    assert outcome == "too_long"
    assert growth < 16


def test_a_picture_bomb_as_cover_art_is_not_decoded(tmp_path: Path) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    side = 20_000
    picture = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(10_000_000), 9))
        + chunk(b"IEND", b"")
    )
    apic = b"\0image/png\0\x03\0" + picture
    size = len(apic) + 10
    tag = b"ID3\x03\0\0" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
    tag += b"APIC" + struct.pack(">IH", len(apic), 0) + apic

    outcome, growth = peak_growth_mib(tag + write(vowel(), "mp3"), tmp_path, max_seconds=60)

    assert outcome == "0.5 s"
    # Its pixels would take 1.1 GiB.
    assert growth < 16


def test_a_file_above_the_byte_limit_is_not_read() -> None:
    assert code_of(bytes(1000), max_bytes=999) == "too_large"


def test_an_empty_file() -> None:
    assert code_of(b"") == "empty"


def test_a_wav_of_no_sample() -> None:
    assert code_of(wav_bytes(SILENCE[:0])) == "too_short"


def test_a_wav_of_one_sample() -> None:
    assert code_of(wav_bytes(SILENCE[:1])) == "too_short"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_a_float_wav_with_a_sample_that_is_no_number(value: float, kind: str) -> None:
    samples = np.zeros(1600, kind)
    samples[700] = value

    assert code_of(wav_bytes(samples, code=3)) == "not_finite"


def test_a_double_wav_beyond_single_precision() -> None:
    assert code_of(wav_bytes(np.full(1600, 1e300, "<f8"), code=3)) == "not_finite"


def test_a_float_wav_a_million_times_too_loud() -> None:
    assert code_of(wav_bytes(np.full(1600, 1e6, "<f4"), code=3)) == "undecodable"


@pytest.mark.parametrize("name", ["wav", "flac"])
def test_eight_channels(name: str) -> None:
    out = io.BytesIO()
    soundfile.write(out, np.zeros((1600, 8), np.int16), 16_000, format=name)

    assert code_of(out.getvalue()) == "too_many_channels"


def test_six_channels_of_opus() -> None:
    sound = resample(vowel(), 48_000)

    assert code_of(encoded("ogg", "libopus", Audio(np.repeat(sound.samples, 6, axis=0), 48_000))) == "too_many_channels"


def test_a_wav_of_65535_channels() -> None:
    assert code_of(wav_bytes(np.zeros(65535, "<i2"), channels=32767)) in {"too_many_channels", "undecodable"}


@pytest.mark.parametrize("sample_rate", [1, 4_000, 7_999, 192_001, 384_000, 2_000_000_000])
def test_a_rate_outside_8_to_192_kilohertz(sample_rate: int) -> None:
    assert code_of(wav_bytes(SILENCE, sample_rate=sample_rate)) == "bad_rate"


def test_a_rate_of_zero() -> None:
    assert code_of(wav_bytes(SILENCE, sample_rate=0)) in {"bad_rate", "undecodable"}


@pytest.mark.parametrize("stated", [100, 10_000, 0x7000_0000])
def test_a_riff_size_that_lies(stated: int) -> None:
    assert code_of(wav_bytes(SILENCE, riff_size=stated)) == "undecodable"


@pytest.mark.parametrize("stated", [3201, 100_000, 0x7000_0000])
def test_a_data_size_that_lies(stated: int) -> None:
    assert code_of(wav_bytes(SILENCE, data_size=stated)) == "undecodable"


def test_a_data_size_that_hides_what_follows() -> None:
    assert code_of(wav_bytes(SILENCE, data_size=1000)) == "undecodable"


def test_two_sounds_in_one_wav() -> None:
    second = b"data" + struct.pack("<I", 3200) + SILENCE.tobytes()

    assert code_of(wav_bytes(SILENCE, extra=second)) == "undecodable"


def test_a_flac_that_states_more_samples_than_it_has() -> None:
    lie = bytearray(write(vowel(), "flac"))
    lie[25] += 1

    assert code_of(bytes(lie)) == "undecodable"


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "opus", "aac"])
@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9])
def test_a_file_cut_short(name: str, kept: float) -> None:
    whole = write(vowel(1.0), name)  # type: ignore[arg-type]

    assert code_of(whole[: int(len(whole) * kept)]) == "undecodable"


def test_a_webm_cut_short() -> None:
    whole = encoded("webm", "libopus", resample(vowel(1.0), 48_000))

    assert code_of(whole[: len(whole) // 2]) == "undecodable"


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "opus", "aac"])
def test_a_polyglot_with_an_archive_behind_the_sound(name: str) -> None:
    archive = b"PK\x05\x06" + bytes(18)

    assert code_of(write(vowel(), name) + archive) == "unsupported_format"  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["wav", "mp3", "opus", "aac"])
def test_a_polyglot_with_anything_behind_the_sound(name: str) -> None:
    assert code_of(write(vowel(), name) + b"MZ" + bytes(range(200))) == "undecodable"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [b"<script>alert(1)</script>", b"<!DOCTYPE html>", b"%PDF-1.7", b"<?php system('id')"])
def test_a_polyglot_with_a_document_in_its_first_chunk(text: bytes) -> None:
    sound = wav_bytes(SILENCE)
    comment = b"LIST" + struct.pack("<I", len(text) + len(text) % 2) + text + b"\0" * (len(text) % 2)
    data = b"RIFF" + struct.pack("<I", len(sound) - 8 + len(comment)) + b"WAVE" + comment + sound[12:]

    assert code_of(data) == "unsupported_format"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nhttp://169.254.169.254/latest\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "[playlist]\nFile1=file:///etc/passwd\n",
        "v=0\r\nm=audio 9 RTP/AVP 0\r\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "<html><script>1</script></html>",
        "%PDF-1.7",
        "GIF89a",
        "PK\x03\x04",
        "\x7fELF",
        "../../etc/passwd",
        "file:///etc/passwd",
        "concat:a|b",
    ],
)
def test_playlists_scripts_documents_and_paths(text: str) -> None:
    assert code_of(text.encode("latin-1")) == "unsupported_format"
    assert code_of((text + "\n" * 4000).encode("latin-1")) == "unsupported_format"


def test_text_that_begins_like_an_mpeg_frame() -> None:
    assert code_of(b"\xff\xfb\x90\x00" + b"nothing of sound here " * 200) == "unsupported_format"


@pytest.mark.parametrize(("muxer", "encoder"), [("mp4", "mpeg4"), ("webm", "libvpx"), ("matroska", "mpeg4")])
def test_a_film(muxer: str, encoder: str) -> None:
    assert code_of(video_file(muxer, encoder)) == "unsupported_format"


def test_two_sound_tracks() -> None:
    assert code_of(encoded("mp4", "aac", tone(440, 1.0, 44_100), tracks=2)) == "unsupported_format"


def test_two_chained_ogg_streams() -> None:
    first = encoded("ogg", "libopus", resample(vowel(), 48_000))
    second = encoded("ogg", "libopus", resample(vowel(), 48_000))

    assert code_of(first + second) == "unsupported_format"


def test_a_wav_that_holds_another_coding() -> None:
    assert code_of(encoded("wav", "adpcm_ms", vowel())) == "unsupported_format"


def test_random_bytes_behind_every_magic_number() -> None:
    generator = np.random.default_rng(5)
    magics = [
        b"RIFF\x00\x10\x00\x00WAVE",
        b"fLaC",
        b"OggS\0",
        b"\x1a\x45\xdf\xa3",
        b"\0\0\0\x20ftypM4A ",
        b"ID3\4\0\0\0\0\0\0",
    ]
    for magic in [*magics, b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80", b"FORM\x00\x00\x10\x00AIFF"]:
        for _ in range(20):
            assert code_of(magic + generator.bytes(4096)) in {"undecodable", "unsupported_format"}


def test_an_ebml_tree_of_a_million_empty_elements() -> None:
    assert code_of(b"\x1a\x45\xdf\xa3\x80" + b"\xec\x80" * 500_000) == "undecodable"


def test_a_million_empty_boxes() -> None:
    assert code_of(b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 200_000) == "undecodable"


@pytest.mark.parametrize(
    "data",
    [
        b"\x1a\x45\xdf\xa3\x80" + b"\xec\x80" * 500_000,
        b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 200_000,
        b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 200_000,
        b"\xff\xf1\x50\x80\x00\xff\xfc" * 200_000,
        b"OggS\0" + bytes(22) + (b"OggS\0" + bytes(22)) * 50_000,
    ],
    ids=["elements", "boxes", "chunks", "frames", "pages"],
)
def test_the_deadline_also_holds_while_counting_the_parts_of_a_file(data: bytes) -> None:
    with pytest.raises(AudioError) as caught:
        read(data, max_seconds=10, max_bytes=10_000_000, max_decode_seconds=0.0)
    assert caught.value.code == "decode_timeout"


def with_table(data: bytes, name: bytes, replace: dict[int, int]) -> bytes:
    """An MP4 file with 32-bit numbers of its box ``name`` replaced, by offset in the box's content."""
    out = bytearray(data)
    start = out.index(name) + 4
    for offset, value in replace.items():
        struct.pack_into(">I", out, start + offset, value)
    return bytes(out)


def test_an_mp4_that_states_a_hundred_million_frames(tmp_path: Path) -> None:
    many = 100_000_000
    bomb = with_table(write(vowel(), "aac"), b"stsz", {4: 1, 8: many})
    bomb = with_table(with_table(bomb, b"stts", {8: many}), b"stsc", {12: many})

    outcome, growth = peak_growth_mib(bomb, tmp_path, max_seconds=60)

    assert outcome == "undecodable"
    # FFmpeg's index of them would take 2.2 GiB.
    assert growth < 16


def test_a_fragmented_mp4_that_states_a_hundred_million_frames(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    fragmented = encoded("mp4", "aac", resample(vowel(), 44_100), options=options)

    outcome, growth = peak_growth_mib(with_table(fragmented, b"trun", {0: 0, 4: 100_000_000}), tmp_path, max_seconds=60)

    assert outcome == "undecodable"
    assert growth < 16


def test_an_mp4_that_plays_its_sound_a_thousand_times_by_its_edit_list() -> None:
    assert code_of(with_table(write(vowel(), "aac"), b"elst", {4: 1000})) == "undecodable"


def test_an_mp4_with_a_compressed_index() -> None:
    assert code_of(write(vowel(), "aac").replace(b"udta", b"cmov")) == "undecodable"
    moov = zlib.compress(bytes(1_000_000))
    cmov = struct.pack(">I", len(moov) + 8) + b"cmov" + moov
    box = struct.pack(">I", len(cmov) + 8) + b"moov" + cmov
    assert code_of(b"\0\0\0\x10ftypM4A \0\0\0\0" + box) == "undecodable"


@pytest.mark.parametrize("carrier", ["mp3", "wav"])
def test_a_compressed_tag_is_not_unpacked(carrier: str, tmp_path: Path) -> None:
    packed = struct.pack(">I", 100_000_000) + zlib.compress(bytes(100_000_000), 9)
    frame = b"TIT2" + struct.pack(">IH", len(packed), 0x0080) + packed
    tag = b"ID3\x03\0\0" + bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0)) + frame
    if carrier == "mp3":
        bomb = tag + write(vowel(), "mp3")
    else:
        bomb = wav_bytes(
            np.zeros(8000, "<i2"), extra=b"id3 " + struct.pack("<I", len(tag)) + tag + b"\0" * (len(tag) % 2)
        )

    outcome, growth = peak_growth_mib(bomb, tmp_path, max_seconds=60)

    assert outcome == "0.5 s"
    assert growth < 16
