"""The engine's audio as bytes, on its way from the engine worker to egress. Never a format that a player opens."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from audiokit import Audio

_MAGIC: Final = b"VVR1"
_HEADER: Final = struct.Struct(
    "<4sIH"
)  # magic, sample rate, channels; then float32 little-endian, channel after channel


def pack(audio: Audio) -> bytes:
    """Samples as they are, without loss."""
    return _HEADER.pack(_MAGIC, audio.sample_rate, audio.channels) + audio.samples.astype("<f4").tobytes()


def unpack(data: bytes) -> Audio:
    """Undo :func:`pack`.

    Raises:
        ValueError: bytes of another form.
    """
    if len(data) < _HEADER.size:
        raise ValueError("too short to be raw audio")
    magic, rate, channels = _HEADER.unpack_from(data)
    if magic != _MAGIC or not channels:
        raise ValueError("not raw audio")
    samples = np.frombuffer(data, dtype="<f4", offset=_HEADER.size).astype(np.float32)
    return Audio(samples.reshape(channels, -1).copy(), rate)
