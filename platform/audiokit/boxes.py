"""The box tree of MP4 files (ISO/IEC 14496-12), walked before FFmpeg builds its sample index from it.

FFmpeg allocates one index entry for each sample that a table states, and copies the index for each edit; both numbers cost the
sender four bytes. Here they must be in proportion to the file.
"""

from __future__ import annotations

from audiokit.deadline import Deadline
from audiokit.errors import AudioError

_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf"}
_COMPRESSED = {b"cmov", b"dcom"}
# Bytes of an entry in tables of (version and flags, count, entries).
_ENTRY_BYTES = {b"stts": 8, b"ctts": 8, b"stsc": 12, b"stco": 4, b"co64": 8, b"stss": 4, b"elst": 12}
# (offset of the sample count in the box's content)
_SAMPLE_COUNTS = {b"stsz": 8, b"stz2": 8, b"trun": 4}
# No frame of the codings we read is shorter, silence included.
_MIN_SAMPLE_BYTES = 4
_MAX_EDITS = 16


def check_boxes(data: bytes, deadline: Deadline) -> None:
    """Walk the boxes (section 4.2): each must lie within its parent, and its counts within the file.

    Raises:
        AudioError: ``undecodable`` or ``decode_timeout``.
    """
    pending = [(0, len(data))]
    samples = edits = 0
    while pending:
        position, end = pending.pop()
        while position < end:
            deadline.check()
            name, start, stop = _box(data, position, end)
            position = stop
            if name in _COMPRESSED:
                raise AudioError("undecodable", "The file's index is compressed.")
            if name in _PARENTS:
                pending.append((start, stop))
            if name in _ENTRY_BYTES and _number(data, start + 4, stop) * _ENTRY_BYTES[name] > stop - start - 8:
                raise AudioError("undecodable", "A table of the file states more entries than it has.")
            if name in _SAMPLE_COUNTS:
                samples += _number(data, start + _SAMPLE_COUNTS[name], stop)
            if name == b"elst":
                edits += _number(data, start + 4, stop)
    if samples * _MIN_SAMPLE_BYTES > len(data) or edits > _MAX_EDITS:
        raise AudioError("undecodable", "The file states more frames or edits than it can hold.")


def _box(data: bytes, position: int, end: int) -> tuple[bytes, int, int]:
    """(type, start of content, end) of the box at ``position``; size 1 is followed by 64 bits, size 0 is "to the end"."""
    size = int.from_bytes(data[position : position + 4], "big")
    header = 8
    if size == 1:
        size, header = int.from_bytes(data[position + 8 : position + 16], "big"), 16
    elif size == 0:
        size = end - position
    if not header <= size <= end - position:
        raise AudioError("undecodable", f"A box of the file states {size} bytes; {end - position} are left.")
    return data[position + 4 : position + 8], position + header, position + size


def _number(data: bytes, position: int, end: int) -> int:
    if position + 4 > end:
        raise AudioError("undecodable", "A table of the file is cut short.")
    return int.from_bytes(data[position : position + 4], "big")
