"""Sealing of large blobs in chunks, so that a range is read without opening the rest.

STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, "Online authenticated-encryption and its nonce-reuse
misuse-resistance", §7) over AES-256-GCM: chunk i is sealed under nonce = prefix (7) ‖ i (4) ‖ last (1). Key and prefix
are derived per blob from a random salt, so nonces never meet across blobs.

Layout: b"VVS1" ‖ log2 of chunk size (1) ‖ salt (16) ‖ chunks, each ciphertext ‖ tag (16). The header and the context
are authenticated with each chunk. The ``last`` flag ends the blob: a file cut at a chunk border fails when opened,
since the last chunk is checked first.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import SealBroken
from .kdf import hkdf

MAGIC = b"VVS1"
SALT_BYTES = 16
TAG_BYTES = 16
HEADER_BYTES = len(MAGIC) + 1 + SALT_BYTES
DEFAULT_CHUNK_LOG2 = 16  # 64 KiB: one second of 16-bit stereo at 16 kHz; tag overhead 0.02 %
_CHUNK_LOG2_RANGE = range(10, 25)
_MAX_CHUNKS = 2**32
_INFO = b"vivavoce/stream/v1"

ReadAt = Callable[[int, int], bytes]


class _Chunks:
    """Key schedule of one blob."""

    def __init__(self, key: bytes, header: bytes, context: bytes) -> None:
        material = hkdf(key, _INFO, 32 + 7, salt=header[-SALT_BYTES:])
        self._aead = AESGCM(material[:32])
        self._prefix = material[32:]
        self._associated = header + context

    def _nonce(self, index: int, last: bool) -> bytes:
        return self._prefix + index.to_bytes(4, "big") + bytes([last])

    def seal(self, index: int, last: bool, plaintext: bytes) -> bytes:
        return self._aead.encrypt(self._nonce(index, last), plaintext, self._associated)

    def open(self, index: int, last: bool, sealed: bytes) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(index, last), sealed, self._associated)
        except InvalidTag as error:
            raise SealBroken(f"chunk {index} was altered, moved or cut, or key or context differ") from error


def seal_stream(key: bytes, plaintext: bytes, *, context: bytes, chunk_log2: int = DEFAULT_CHUNK_LOG2) -> bytes:
    """Seal a blob in chunks of ``2**chunk_log2`` bytes.

    Args:
        key: at least 16 secret bytes.
        plaintext: any length, zero included.
        context: authenticated but not stored.
        chunk_log2: 10 to 24.

    Raises:
        ValueError: for a chunk size or length out of range.
    """
    if chunk_log2 not in _CHUNK_LOG2_RANGE:
        raise ValueError(f"chunk_log2 must lie in 10..24, got {chunk_log2}")
    size = 1 << chunk_log2
    count = max(1, -(-len(plaintext) // size))
    if count > _MAX_CHUNKS:
        raise ValueError("the blob has too many chunks for this chunk size")
    header = MAGIC + bytes([chunk_log2]) + os.urandom(SALT_BYTES)
    chunks = _Chunks(key, header, context)
    view = memoryview(plaintext)
    sealed = [header]
    for index in range(count):
        part = bytes(view[index * size : (index + 1) * size])
        sealed.append(chunks.seal(index, index == count - 1, part))
    return b"".join(sealed)


class SealedReader:
    """Random access to a sealed blob; opens only the chunks a range touches.

    Args:
        key: the key given to :func:`seal_stream`.
        read_at: returns exactly ``length`` stored bytes from ``offset``.
        length: length of the stored bytes.
        context: as given when sealing.

    Raises:
        SealBroken: at once, when header or last chunk do not verify; so ``size`` can be trusted.
    """

    def __init__(self, key: bytes, read_at: ReadAt, length: int, *, context: bytes) -> None:
        if length < HEADER_BYTES + TAG_BYTES:
            raise SealBroken("too short to be a sealed blob")
        header = read_at(0, HEADER_BYTES)
        if header[: len(MAGIC)] != MAGIC or header[len(MAGIC)] not in _CHUNK_LOG2_RANGE:
            raise SealBroken("not a sealed blob of a known version")
        self._read_at = read_at
        self._chunk = 1 << header[len(MAGIC)]
        self._stored = length - HEADER_BYTES
        self._count = -(-self._stored // (self._chunk + TAG_BYTES))
        self._chunks = _Chunks(key, header, context)
        if self._stored - (self._count - 1) * (self._chunk + TAG_BYTES) < TAG_BYTES:
            raise SealBroken("the last chunk is cut")
        self.size = self._stored - self._count * TAG_BYTES
        self._cached: tuple[int, bytes] = (-1, b"")
        self._open(self._count - 1)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Return plaintext bytes ``start`` to ``end`` (exclusive; None means to the end).

        Raises:
            ValueError: unless ``0 <= start <= end <= size``.
            SealBroken: when a touched chunk does not verify.
        """
        stop = self.size if end is None else end
        if not 0 <= start <= stop <= self.size:
            raise ValueError(f"range {start}..{stop} is not within 0..{self.size}")
        if start == stop:
            return b""
        first, last = start // self._chunk, (stop - 1) // self._chunk
        data = b"".join(self._open(index) for index in range(first, last + 1))
        return data[start - first * self._chunk : stop - first * self._chunk]

    def _open(self, index: int) -> bytes:
        if self._cached[0] == index:
            return self._cached[1]
        step = self._chunk + TAG_BYTES
        offset = index * step
        sealed = self._read_at(HEADER_BYTES + offset, min(step, self._stored - offset))
        self._cached = (index, self._chunks.open(index, index == self._count - 1, sealed))
        return self._cached[1]


def open_stream(key: bytes, sealed: bytes, *, context: bytes) -> bytes:
    """Open a whole blob held in memory.

    Raises:
        SealBroken: when any chunk does not verify.
    """
    return SealedReader(
        key, lambda offset, length: sealed[offset : offset + length], len(sealed), context=context
    ).read()
