"""Identifiers of rows: a prefix that says what it is, then 128 bits as a ULID (time, then chance)."""

from __future__ import annotations

import secrets

from audiokit import clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U
_LENGTH = 26
_RANDOM_BITS = 80


def new_id(prefix: str) -> str:
    """Make an identifier such as ``voi_01JD3X0M5S2K7Q9V4B8C6N1R0T``.

    48 bits of Unix milliseconds, then 80 bits from the operating system's generator (github.com/ulid/spec); so identifiers sort by the
    millisecond of their making. They tell when a row was made and are no secret.
    """
    number = int(clock.now().timestamp() * 1000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    digits = (_ALPHABET[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return f"{prefix}_{''.join(digits)}"


def is_id(text: str, prefix: str) -> bool:
    """Whether ``text`` has the form that ``new_id(prefix)`` gives."""
    head, _, digits = text.rpartition("_")
    # 26 base-32 digits hold 130 bits; the first one therefore never exceeds 7.
    return (
        head == prefix and len(digits) == _LENGTH and digits[0] <= "7" and all(digit in _ALPHABET for digit in digits)
    )
