"""Errors of this room.

CryptoError
├── SignatureInvalid   a signature does not fit key, domain and message
├── SealBroken         sealed bytes were altered, cut, moved to another context or opened with another key
└── KeyMalformed       bytes or text that should be a key are not one
"""

from __future__ import annotations


class CryptoError(Exception):
    """Base of all errors raised by ``safeguards.crypto``."""


class SignatureInvalid(CryptoError):
    """The signature does not verify under this key for this domain and message."""


class SealBroken(CryptoError):
    """The sealed bytes do not open: altered, cut, in another context, or another key."""


class KeyMalformed(CryptoError, ValueError):
    """The given bytes or text are not a key of the expected kind."""
