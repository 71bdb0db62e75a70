"""Sealing of small values: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce.

Layout: version byte 0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16). Version and context are authenticated, so a value moved
to another row, column or purpose does not open. Random nonces are safe up to 2**32 messages per key; vault keys
are per owner and stay far below. For large blobs with ranged reading see :mod:`safeguards.crypto.stream`.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import SealBroken

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
VERSION = b"\x01"
OVERHEAD = len(VERSION) + NONCE_BYTES + TAG_BYTES
_DOMAIN = b"vivavoce/seal/v1\x00"


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError(f"an AES-256 key has {KEY_BYTES} bytes, got {len(key)}")
    return AESGCM(key)


def seal(key: bytes, plaintext: bytes, *, context: bytes) -> bytes:
    """Encrypt and authenticate ``plaintext``; the result is :data:`OVERHEAD` bytes longer.

    Args:
        key: 32 bytes.
        plaintext: up to 2**31 − 1 bytes.
        context: authenticated but not stored; the same must be given to open.

    Raises:
        ValueError: for a key of another length.
    """
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + _cipher(key).encrypt(nonce, plaintext, _DOMAIN + context)


def open_sealed(key: bytes, sealed: bytes, *, context: bytes) -> bytes:
    """Undo :func:`seal`.

    Raises:
        SealBroken: when the bytes were altered or cut, or key or context differ.
        ValueError: for a key of another length.
    """
    if len(sealed) < OVERHEAD or sealed[:1] != VERSION:
        raise SealBroken("not a sealed value of a known version")
    nonce = sealed[1 : 1 + NONCE_BYTES]
    try:
        return _cipher(key).decrypt(nonce, sealed[1 + NONCE_BYTES :], _DOMAIN + context)
    except InvalidTag as error:
        raise SealBroken("the sealed value was altered, or key or context differ") from error
