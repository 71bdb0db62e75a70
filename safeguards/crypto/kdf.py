"""HKDF-SHA256 (RFC 5869): one key in, independent keys out, told apart by ``info``."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def hkdf(key: bytes, info: bytes, length: int = 32, *, salt: bytes = b"") -> bytes:
    """Derive ``length`` bytes from ``key`` for the use named by ``info``.

    Args:
        key: secret input of at least 16 bytes with full entropy (never a password).
        info: names the use; two uses never share one.
        length: 1 to 8160 bytes.
        salt: public value that separates instances of the same use.

    Raises:
        ValueError: when ``key`` is short, ``info`` is empty or ``length`` is out of range.
    """
    if len(key) < 16:
        raise ValueError(f"key must have at least 16 bytes, got {len(key)}")
    if not info:
        raise ValueError("info must name the use of the derived key")
    if not 1 <= length <= 255 * 32:
        raise ValueError(f"length must lie in 1..8160, got {length}")
    return HKDF(algorithm=SHA256(), length=length, salt=salt or None, info=info).derive(key)
