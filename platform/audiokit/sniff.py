"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

from dataclasses import dataclass

from audiokit.errors import AudioError
from audiokit.mpeg import HEADER_BYTES, adts_frame_bytes, mp3_frame_bytes

_PCM = ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_mulaw", "pcm_alaw")
_PCM_BIG_ENDIAN = ("pcm_s8", "pcm_s16be", "pcm_s24be", "pcm_s32be", "pcm_f32be", "pcm_f64be")

# A browser or document reader that guesses types looks this far into a file for its own format.
_ALIEN_WINDOW = 1024
_ALIEN_MARKS = (b"%pdf-", b"<html", b"<!doctype", b"<script", b"<svg", b"<?xml", b"<?php", b"#extm3u")
# An archive reader looks for its directory at the end, at most one comment (64 KiB) before the last byte.
_ZIP_DIRECTORY = b"PK\x05\x06"
_ZIP_WINDOW = 65_557


@dataclass(frozen=True, slots=True)
class Container:
    """A file format we read: our name, FFmpeg's demuxer, and the decoders that may run on it."""

    name: str
    demuxer: str
    decoders: tuple[str, ...]


WAV = Container("wav", "wav", _PCM)
AIFF = Container("aiff", "aiff", (*_PCM_BIG_ENDIAN, "pcm_s16le"))
FLAC = Container("flac", "flac", ("flac",))
MP3 = Container("mp3", "mp3", ("mp3float", "mp3"))
ADTS = Container("aac", "aac", ("aac",))
OGG = Container("ogg", "ogg", ("opus", "libopus", "vorbis", "flac"))
MP4 = Container("mp4", "mov", ("aac", "opus", "libopus", "flac"))
MATROSKA = Container("webm", "matroska", ("opus", "libopus", "vorbis", "flac", "aac", *_PCM))


def sniff(data: bytes) -> Container:
    """Name the container of ``data``.

    Raises:
        AudioError: ``empty``; or ``unsupported_format`` for anything that is not one of the containers above,
            or that would be taken for a document, script or archive by another program as well.
    """
    if not data:
        raise AudioError("empty", "The file has no content.")
    container = _by_magic(data)
    if container is None:
        raise AudioError("unsupported_format", "This is not a WAV, FLAC, MP3, Ogg, M4A, WebM, AAC or AIFF file.")
    head = data[:_ALIEN_WINDOW].lower()
    if any(mark in head for mark in _ALIEN_MARKS) or _ZIP_DIRECTORY in data[-_ZIP_WINDOW:]:
        raise AudioError("unsupported_format", "The file is audio and something else at once.")
    return container


def _by_magic(data: bytes) -> Container | None:
    """Match the magic numbers of RFC 9559, RFC 9639, RFC 3533, ISO/IEC 14496-12, RIFF and AIFF; MPEG audio has none."""
    head = data[:12]
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return AIFF
    if head[4:8] == b"ftyp":
        return MP4
    for magic, container in ((b"OggS", OGG), (b"\x1a\x45\xdf\xa3", MATROSKA)):
        if head.startswith(magic):
            return container
    start = id3v2_length(data)
    # C2PA puts its manifest into such a tag in front of FLAC as well as of MP3.
    return FLAC if data[start : start + 4] == b"fLaC" else _mpeg_audio(data, start)


def _mpeg_audio(data: bytes, start: int) -> Container | None:
    """Tell MP3 from ADTS AAC by two frame headers in a row."""
    for frame_bytes, container in ((mp3_frame_bytes, MP3), (adts_frame_bytes, ADTS)):
        length = frame_bytes(data[start : start + HEADER_BYTES])
        if length is not None and frame_bytes(data[start + length : start + length + HEADER_BYTES]) is not None:
            return container
    return None


def id3v2_length(data: bytes) -> int:
    """Bytes of a leading ID3v2 tag and the zero padding after it; 0 without one.

    The size is four 7-bit digits and leaves out header and footer (id3v2.4.0-structure section 3.1).
    """
    if data[:3] != b"ID3" or len(data) < 10 or any(byte & 0x80 for byte in data[6:10]):
        return 0
    end = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]) + (10 if data[5] & 0x10 else 0)
    return len(data) - len(data[end:].lstrip(b"\0"))
