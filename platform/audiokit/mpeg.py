"""Frame headers of MPEG-1/2/2.5 layer III (ISO/IEC 11172-3 section 2.4.2.3, 13818-3) and of ADTS (ISO/IEC 13818-7 section 6.2)."""

from __future__ import annotations

from audiokit.deadline import Deadline
from audiokit.errors import AudioError

_BITRATES_V1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_V2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_V1 = (44_100, 48_000, 32_000)
_MPEG_1, _MPEG_2_5, _LAYER_3 = 3, 0, 1
HEADER_BYTES = 7  # of ADTS; layer III has four
_TRAILING_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")


def mp3_frame_bytes(header: bytes) -> int | None:
    """Length of the layer III frame that ``header`` (4 bytes) begins; None if it begins none, or one of free format."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer != _LAYER_3 or bitrate in (0, 15) or rate == 3:
        return None
    if version == _MPEG_1:
        return 144_000 * _BITRATES_V1[bitrate] // _RATES_V1[rate] + padding
    sample_rate = _RATES_V1[rate] // (4 if version == _MPEG_2_5 else 2)
    return 72_000 * _BITRATES_V2[bitrate] // sample_rate + padding


def adts_frame_bytes(header: bytes) -> int | None:
    """Length of the ADTS frame that ``header`` (7 bytes) begins; None if it begins none."""
    if len(header) < HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return None
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length >= HEADER_BYTES else None


def mp3_frames(data: bytes, start: int, deadline: Deadline) -> bytes:
    """Account for every byte from ``start``, whole frames and then tags or padding, and return the frames.

    A last frame cut short is the end of a recorded stream, unless the first frame's Xing table promised more frames.

    Raises:
        AudioError: ``undecodable`` or ``decode_timeout``.
    """
    position = start
    count = 0
    while (length := mp3_frame_bytes(data[position : position + 4])) is not None and position + length <= len(data):
        deadline.check()
        position += length
        count += 1
    first_length = mp3_frame_bytes(data[start : start + 4]) or 0
    promised = _xing_frames(data[start : start + first_length])
    # The table's own frame is counted by some encoders and not by others.
    if promised is not None and count < promised:
        raise AudioError("undecodable", f"The file is cut short: {count} of {promised} frames are there.")
    if mp3_frame_bytes(data[position : position + 4]) is None:
        _check_tail(data[position:])
    if not count:
        raise AudioError("undecodable", "The file holds no whole frame of sound.")
    return data[start:position]


def adts_frames(data: bytes, start: int, deadline: Deadline) -> bytes:
    """The same for ADTS, which promises no length.

    Raises:
        AudioError: ``undecodable`` or ``decode_timeout``.
    """
    position = start
    header = data[position : position + HEADER_BYTES]
    while (length := adts_frame_bytes(header)) is not None and position + length <= len(data):
        deadline.check()
        position += length
        header = data[position : position + HEADER_BYTES]
    if adts_frame_bytes(header) is None:
        _check_tail(data[position:])
    if position == start:
        raise AudioError("undecodable", "The file holds no whole frame of sound.")
    return data[start:position]


def _check_tail(tail: bytes) -> None:
    """Less than a header, zero padding or a known tag may follow the last frame."""
    if len(tail) >= HEADER_BYTES and any(tail) and not tail.lstrip(b"\0").startswith(_TRAILING_TAGS):
        raise AudioError("undecodable", "The file goes on with something that is not sound.")


def _xing_frames(frame: bytes) -> int | None:
    """Frame count in the Xing or Info table of a first frame (written by LAME and FFmpeg), after its header and side information."""
    if len(frame) < 4:
        return None
    mono = frame[3] >> 6 == 3
    side_bytes = (17 if mono else 32) if frame[1] >> 3 & 3 == _MPEG_1 else (9 if mono else 17)
    table = frame[4 + side_bytes :]
    if table[:4] not in (b"Xing", b"Info") or len(table) < 12 or not table[7] & 1:
        return None
    return int.from_bytes(table[8:12], "big")
