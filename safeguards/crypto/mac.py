"""Keyed commitments: HMAC-SHA256 (RFC 2104) over a length-prefixed label and value.

Without the key a commitment cannot be tested against a guess; once the key is destroyed, nothing links it to the value
any more.
"""

from __future__ import annotations

import hashlib
import hmac

_DOMAIN = b"vivavoce/commitment/v1\x00"


def commitment(key: bytes, label: str, value: bytes | str) -> str:
    """Commit to ``value`` under ``key``; 64 hex digits.

    Args:
        key: at least 16 secret bytes.
        label: says what the value is, so that equal values of different kinds do not look equal.
        value: text is taken as UTF-8.

    Raises:
        ValueError: when the key is short or the label empty.
    """
    if len(key) < 16:
        raise ValueError(f"key must have at least 16 bytes, got {len(key)}")
    if not label:
        raise ValueError("label must say what is committed to")
    name = label.encode()
    data = value.encode() if isinstance(value, str) else value
    # The length prefix keeps ("ab", "c") and ("a", "bc") apart.
    message = _DOMAIN + len(name).to_bytes(4, "big") + name + data
    return hmac.new(key, message, hashlib.sha256).hexdigest()
