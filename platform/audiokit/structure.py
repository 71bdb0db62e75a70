"""Does a file's own table of contents match its bytes? Asked before a decoder sees it.

Every byte must belong to a chunk, box, page, element or frame that lies inside the file: what is cut short, lies about its size
or carries something else behind the sound is refused here, in time linear in the file and without allocating.
"""

from __future__ import annotations

import struct

from audiokit.boxes import check_boxes
from audiokit.deadline import Deadline
from audiokit.errors import AudioError
from audiokit.mpeg import adts_frames, mp3_frames
from audiokit.sniff import Container, id3v2_length

# Writers that cannot seek back leave 0, 0xFFFFFFFF or, counting from 2 GiB, a little less than 0x7FFFFFFF.
_UNKNOWN_FROM = 0x7FFF_F000
# Off by the eight bytes of the outer header, or by a pad byte: common slips of small WAV writers.
_RIFF_SLACK = 9

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675


def sound_part(data: bytes, container: Container, deadline: Deadline) -> bytes:
    """Walk ``data`` as a ``container`` file and return what of it the decoder needs.

    Chunks and tags beside the sound are left out where that is easy: FFmpeg would unpack compressed tags of any size.

    Raises:
        AudioError: ``undecodable`` where the walk leaves the file or meets what is not of the format; ``unsupported_format``
            for interleaved or chained Ogg streams; ``decode_timeout``.
    """
    if container.name == "wav":
        return _without_other_chunks(data, "<", b"data", (b"fmt ",), deadline)
    if container.name == "aiff":
        return _without_other_chunks(data, ">", b"SSND", (b"FVER", b"COMM"), deadline)
    if container.name == "flac":
        return data[id3v2_length(data) :]
    if container.name == "mp3":
        return mp3_frames(data, id3v2_length(data), deadline)
    if container.name == "aac":
        return adts_frames(data, id3v2_length(data), deadline)
    if container.name == "mp4":
        check_boxes(data, deadline)
    elif container.name == "ogg":
        _check_pages(data, deadline)
    elif container.name == "webm":
        _check_elements(data, deadline)
    return data


def flac_frames(data: bytes) -> int:
    """Total samples per channel that the STREAMINFO of FLAC ``data`` states (RFC 9639 section 8.2); 0 means "not known"."""
    return int.from_bytes(data[21:26], "big") & 0xF_FFFF_FFFF


def _damaged(what: str) -> AudioError:
    return AudioError("undecodable", what)


def _without_other_chunks(
    data: bytes, order: str, sound: bytes, needed: tuple[bytes, ...], deadline: Deadline
) -> bytes:
    """RIFF and IFF: one outer size, then chunks of (name, size, content, pad byte to even length)."""
    outer = struct.unpack_from(order + "I", data, 4)[0]
    streamed = outer == 0 or outer >= _UNKNOWN_FROM
    if not streamed and abs(outer + 8 - len(data)) > _RIFF_SLACK:
        raise _damaged(f"The header states {outer + 8} bytes, the file has {len(data)}.")
    chunks: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(data):
        deadline.check()
        name, size = struct.unpack_from(order + "4sI", data, position)
        rest = len(data) - position - 8
        if not all(0x20 <= letter < 0x7F for letter in name):
            raise _damaged("The file goes on with something that is not sound.")
        if name == sound and (size >= _UNKNOWN_FROM or (streamed and size == 0)):
            size = rest
        if size > rest:
            raise _damaged(f"A part of the file states {size} bytes; {rest} are left.")
        if name == sound or name in needed:
            if name in chunks:
                raise _damaged("A part of the file that must be single is there twice.")
            chunks[name] = data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    if sound not in chunks:
        raise _damaged("The file has no part with sound.")
    if not chunks[sound]:
        raise AudioError("too_short", "The file holds no sample of sound.")
    body = b"".join(
        name + struct.pack(order + "I", len(chunks[name])) + chunks[name] + bytes(len(chunks[name]) % 2)
        for name in (*needed, sound)
        if name in chunks
    )
    return data[:4] + struct.pack(order + "I", 4 + len(body)) + data[8:12] + body


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
