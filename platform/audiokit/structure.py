"""Does a file's own table of contents match its bytes? Asked before a decoder sees it.

Every byte must belong to a chunk, box, page, element or frame that lies inside the file: what is cut short, lies about its size
or carries something else behind the sound is refused here, in time linear in the file and without allocating.
"""

from __future__ import annotations

import struct

from audiokit.deadline import Deadline
from audiokit.errors import AudioError
from audiokit.mpeg import check_adts, check_mp3
from audiokit.sniff import Container, id3v2_length

# Writers that cannot seek back leave 0, 0xFFFFFFFF or, counting from 2 GiB, a little less than 0x7FFFFFFF.
_UNKNOWN_FROM = 0x7FFF_F000
# Off by the eight bytes of the outer header, or by a pad byte: common slips of small WAV writers.
_RIFF_SLACK = 9

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675


def check_structure(data: bytes, container: Container, deadline: Deadline) -> None:
    """Walk ``data`` as a ``container`` file.

    Raises:
        AudioError: ``undecodable`` where the walk leaves the file or meets what is not of the format; ``unsupported_format``
            for interleaved or chained Ogg streams; ``decode_timeout``.
    """
    if container.name == "wav":
        _check_chunks(data, "<", b"data", deadline)
    elif container.name == "aiff":
        _check_chunks(data, ">", b"SSND", deadline)
    elif container.name == "mp4":
        _check_boxes(data, deadline)
    elif container.name == "ogg":
        _check_pages(data, deadline)
    elif container.name == "webm":
        _check_elements(data, deadline)
    elif container.name == "mp3":
        check_mp3(data, id3v2_length(data), deadline)
    elif container.name == "aac":
        check_adts(data, id3v2_length(data), deadline)


def flac_frames(data: bytes) -> int:
    """Total samples per channel that a FLAC file's STREAMINFO states (RFC 9639 section 8.2); 0 means "not known"."""
    return int.from_bytes(data[21:26], "big") & 0xF_FFFF_FFFF


def _damaged(what: str) -> AudioError:
    return AudioError("undecodable", what)


def _check_chunks(data: bytes, order: str, sound_chunk: bytes, deadline: Deadline) -> None:
    """RIFF and IFF: one outer size, then chunks of (name, size, content, pad byte to even length)."""
    outer = struct.unpack_from(order + "I", data, 4)[0]
    streamed = outer == 0 or outer >= _UNKNOWN_FROM
    if not streamed and abs(outer + 8 - len(data)) > _RIFF_SLACK:
        raise _damaged(f"The header states {outer + 8} bytes, the file has {len(data)}.")
    position, sound_chunks = 12, 0
    while position + 8 <= len(data):
        deadline.check()
        name, size = struct.unpack_from(order + "4sI", data, position)
        rest = len(data) - position - 8
        if not all(0x20 <= letter < 0x7F for letter in name):
            raise _damaged("The file goes on with something that is not sound.")
        sound_chunks += name == sound_chunk
        if name == sound_chunk and (size >= _UNKNOWN_FROM or (streamed and size == 0)):
            position = len(data)
        elif size > rest:
            raise _damaged(f"A part of the file states {size} bytes; {rest} are left.")
        elif name == sound_chunk and size == 0:
            raise AudioError("too_short", "The file holds no sample of sound.")
        else:
            position += 8 + size + size % 2
    if sound_chunks != 1:
        raise _damaged(f"The file has {sound_chunks} parts with sound instead of one.")


def _check_boxes(data: bytes, deadline: Deadline) -> None:
    """ISO/IEC 14496-12 section 4.2: top-level boxes of (size, type[, 64-bit size]); size 0 is "to the end"."""
    position = 0
    while position < len(data):
        deadline.check()
        rest = len(data) - position
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        elif size == 0:
            size = rest
        if not 8 <= size <= rest:
            raise _damaged(f"A box of the file states {size} bytes; {rest} are left.")
        position += size


def _check_pages(data: bytes, deadline: Deadline) -> None:
    """RFC 3533 section 6: pages of a 27-byte header, a table of segment lengths and the segments, all of one logical stream."""
    position = 0
    serials = set()
    while position < len(data):
        deadline.check()
        header = data[position : position + 27]
        if len(header) < 27 or header[:5] != b"OggS\0":
            raise _damaged("The file is cut short or goes on with something that is not sound.")
        table = data[position + 27 : position + 27 + header[26]]
        position += 27 + header[26] + sum(table)
        serials.add(header[14:18])
    if position > len(data):
        raise _damaged("The file is cut short.")
    if len(serials) > 1:
        raise AudioError("unsupported_format", "The file holds more than one stream.")


def _check_elements(data: bytes, deadline: Deadline) -> None:
    """RFC 8794 section 6: elements of (identifier, size, content). Segment and cluster are entered, so that live recordings,
    which leave those two sizes unknown, are walked as well."""
    position = 0
    while position < len(data):
        deadline.check()
        identifier, after = _vint(data, position, keep_marker=True)
        size, position = _vint(data, after, keep_marker=False)
        if identifier in (_SEGMENT, _CLUSTER):
            if size is not None and size > len(data) - position:
                raise _damaged(f"A part of the file states {size} bytes; {len(data) - position} are left.")
        elif size is None or size > len(data) - position:
            raise _damaged("The file is cut short.")
        else:
            position += size


def _vint(data: bytes, position: int, *, keep_marker: bool) -> tuple[int | None, int]:
    """A variable-size integer (RFC 8794 section 4) and the position after it; all value bits set means "unknown"."""
    first = data[position] if position < len(data) else 0
    length = 9 - first.bit_length()
    if length > 8 or position + length > len(data):
        raise _damaged("The file is cut short or goes on with something that is not sound.")
    value = int.from_bytes(data[position : position + length], "big")
    if keep_marker:
        return value, position + length
    value &= (1 << 7 * length) - 1
    return (None if value == (1 << 7 * length) - 1 else value), position + length
