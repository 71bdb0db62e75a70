"""RIFF/WAVE headers for 16-bit PCM."""

from __future__ import annotations

import struct

UNKNOWN_LENGTH = 0xFFFF_FFFF


def wav_header(sample_rate: int, channels: int, data_bytes: int) -> bytes:
    """The 44 bytes before ``data_bytes`` bytes of interleaved 16-bit PCM (Microsoft and IBM, RIFF and its WAVE form, 1991).

    Raises:
        ValueError: if the sound does not fit the format's 32-bit sizes.
    """
    if data_bytes > UNKNOWN_LENGTH - 36:
        raise ValueError(f"{data_bytes} bytes do not fit a WAV file")
    return _header(sample_rate, channels, 36 + data_bytes, data_bytes)


def wav_stream_header(sample_rate: int, channels: int) -> bytes:
    """The header of sound whose length is not yet known: both sizes are 0xFFFFFFFF, read as "until the end"."""
    return _header(sample_rate, channels, UNKNOWN_LENGTH, UNKNOWN_LENGTH)


def _header(sample_rate: int, channels: int, riff_bytes: int, data_bytes: int) -> bytes:
    frame_bytes = 2 * channels
    fields = (
        b"RIFF",
        riff_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        sample_rate,
        sample_rate * frame_bytes,
        frame_bytes,
        16,
    )
    return struct.pack("<4sI4s4sIHHIIHH", *fields) + struct.pack("<4sI", b"data", data_bytes)
