"""The stored form: at most 4 kB. Head: format, hop in milliseconds, count; then 25 bytes per moment.

A moment is a weight of one byte and a unit vector of 48 components of four bits each (-7 .. 7, two to a byte).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FORMAT = 2
COMPONENTS = 48
FIRST_S = 0.16  # time of the first vector; half of its patch's first half lies before the clip
_HEAD = struct.Struct("<BHH")
HEAD_BYTES = _HEAD.size
MOMENT_BYTES = 1 + COMPONENTS // 2
MAX_BYTES = 4096
MAX_VECTORS = (MAX_BYTES - _HEAD.size) // MOMENT_BYTES
_SCALE = 18.0  # a component of a unit vector has deviation 0.14 and rarely passes 0.4

Vectors = NDArray[np.float32]


class FingerprintError(ValueError):
    """Bytes that are not a fingerprint of a known format, or audio too short to have one."""


@dataclass(frozen=True, eq=False)
class Record:
    """A clip's fingerprint in the open.

    Attributes:
        vectors: unit length, shape ``[count, COMPONENTS]``, one every ``hop_s`` seconds from ``FIRST_S`` on.
        weights: how much each counts, in [0, 1], shape ``[count]``.
        hop_s: seconds between vectors, a whole number of milliseconds.
    """

    vectors: Vectors
    weights: Vectors
    hop_s: float

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Time of each vector in the clip, shape ``[count]``."""
        return np.asarray(FIRST_S + self.hop_s * np.arange(len(self.weights)), dtype=np.float64)

    def thinned(self, hop_s: float) -> Record:
        """Every n-th vector only, so that they lie about ``hop_s`` apart or more."""
        stride = max(1, round(hop_s / self.hop_s))
        return Record(self.vectors[::stride], self.weights[::stride], self.hop_s * stride) if stride > 1 else self

    def to_bytes(self) -> bytes:
        """At most 4096 bytes."""
        levels = np.clip(np.round(self.vectors * _SCALE), -7, 7).astype(np.int8) + 8
        pairs = (levels[:, ::2].astype(np.uint8) << 4) | levels[:, 1::2].astype(np.uint8)
        weights = np.clip(np.round(self.weights * 255), 0, 255).astype(np.uint8)
        body = np.concatenate([weights[:, None], pairs], axis=1)
        return _HEAD.pack(FORMAT, round(self.hop_s * 1000), len(levels)) + body.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """Parse a stored record.

        Raises:
            FingerprintError: for any other bytes.
        """
        if len(data) < _HEAD.size:
            raise FingerprintError("too short for a fingerprint")
        form, hop_ms, count = _HEAD.unpack_from(data)
        if form != FORMAT or not 20 <= hop_ms <= 60_000 or not 1 <= count <= MAX_VECTORS:
            raise FingerprintError("not a fingerprint of a known format")
        if len(data) != _HEAD.size + count * MOMENT_BYTES:
            raise FingerprintError("a fingerprint of another length than it says")
        body = np.frombuffer(data, dtype=np.uint8, offset=_HEAD.size).reshape(count, MOMENT_BYTES)
        levels = np.empty((count, COMPONENTS), dtype=np.float32)
        levels[:, ::2], levels[:, 1::2] = body[:, 1:] >> 4, body[:, 1:] & 15
        levels -= 8
        norms = np.linalg.norm(levels, axis=1, keepdims=True)
        weights = body[:, 0].astype(np.float32) / np.float32(255)
        return cls((levels / np.maximum(norms, 1e-6)).astype(np.float32), weights, hop_ms / 1000)
