"""Randomness from the operating system and comparison without a timing signal."""

from __future__ import annotations

import hmac
import secrets


def secret_bytes(length: int = 32) -> bytes:
    """Return ``length`` unpredictable bytes.

    Raises:
        ValueError: when ``length`` is below 16, too short to be a secret.
    """
    if length < 16:
        raise ValueError(f"a secret needs at least 16 bytes, got {length}")
    return secrets.token_bytes(length)


def equal(left: bytes | str, right: bytes | str) -> bool:
    """Compare two values in time that depends on their length only."""
    a = left.encode() if isinstance(left, str) else left
    b = right.encode() if isinstance(right, str) else right
    return hmac.compare_digest(a, b)
