"""The stored form: a version byte, the hop in milliseconds, the count, then one signed byte per component. At most 4 kB."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
COMPONENTS = 32
_HEAD = struct.Struct("<BHH")
MAX_VECTORS = (4096 - _HEAD.size) // COMPONENTS
_SCALE = 200.0  # components of a unit vector of 32 rarely pass 0.6


class FingerprintError(ValueError):
    """Bytes that are not a fingerprint of a known format, or audio too short to have one."""


@dataclass(frozen=True, eq=False)
class Record:
    """Unit vectors, shape ``[count, COMPONENTS]``, every ``hop_s`` seconds."""

    vectors: NDArray[np.float32]
    hop_s: float

    def to_bytes(self) -> bytes:
        """At most 4096 bytes."""
        levels = np.clip(np.round(self.vectors * _SCALE), -127, 127).astype(np.int8)
        return _HEAD.pack(FORMAT, round(self.hop_s * 1000), len(levels)) + levels.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """Parse a stored record.

        Raises:
            FingerprintError: for any other bytes.
        """
        if len(data) < _HEAD.size:
            raise FingerprintError("too short for a fingerprint")
        form, hop_ms, count = _HEAD.unpack_from(data)
        if form != FORMAT or not 100 <= hop_ms <= 60_000 or not 1 <= count <= MAX_VECTORS:
            raise FingerprintError("not a fingerprint of a known format")
        if len(data) != _HEAD.size + count * COMPONENTS:
            raise FingerprintError("a fingerprint of another length than it says")
        levels = np.frombuffer(data, dtype=np.int8, offset=_HEAD.size).reshape(count, COMPONENTS).astype(np.float32)
        norms = np.linalg.norm(levels, axis=1, keepdims=True)
        return cls(levels / np.maximum(norms, 1e-6), hop_ms / 1000)
