"""Sealing to a public key: X25519 (RFC 7748) with an ephemeral key, HKDF-SHA256, then AES-256-GCM.

The construction of HPKE base mode (RFC 9180 §4.1, DHKEM(X25519)) in our own framing: the derived key binds both public
keys and the context. Whoever seals cannot open again, which is what the engine worker needs: it hands raw audio to
egress and cannot read it back.

Layout: version byte 0x01 ‖ ephemeral public key (32) ‖ output of :func:`safeguards.crypto.aead.seal`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from . import aead
from .errors import KeyMalformed, SealBroken
from .kdf import hkdf

KEY_BYTES = 32
VERSION = b"\x01"
_INFO = b"vivavoce/box/v1\x00"


@dataclass(frozen=True, slots=True)
class BoxPrivateKey:
    """X25519 private key; opens what was sealed to its public half. Its text form never shows the secret."""

    _key: X25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> BoxPrivateKey:
        """Make a new key from the operating system's randomness."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, data: bytes) -> BoxPrivateKey:
        """Read 32 private bytes.

        Raises:
            KeyMalformed: for another length.
        """
        if len(data) != KEY_BYTES:
            raise KeyMalformed(f"an X25519 key has {KEY_BYTES} bytes, got {len(data)}")
        return cls(X25519PrivateKey.from_private_bytes(data))

    def to_bytes(self) -> bytes:
        """The 32 private bytes."""
        return self._key.private_bytes_raw()

    @property
    def public_key(self) -> bytes:
        """The 32 public bytes to give to whoever seals."""
        return self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"BoxPrivateKey(public={self.public_key.hex()[:8]}…)"


def _derive(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    return hkdf(shared, _INFO + ephemeral + recipient)


def seal_to(public_key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Seal ``plaintext`` to the holder of the private key.

    Args:
        public_key: 32 bytes, :attr:`BoxPrivateKey.public_key`.
        plaintext: up to 2**31 − 1 bytes.
        context: authenticated but not stored.

    Raises:
        KeyMalformed: when ``public_key`` is no usable X25519 key.
    """
    if len(public_key) != KEY_BYTES:
        raise KeyMalformed(f"an X25519 key has {KEY_BYTES} bytes, got {len(public_key)}")
    ephemeral = X25519PrivateKey.generate()
    own = ephemeral.public_key().public_bytes_raw()
    try:
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key))
    except ValueError as error:
        raise KeyMalformed("the public key is a point of small order") from error
    return VERSION + own + aead.seal(_derive(shared, own, public_key), plaintext, context=context)


def open_box(private_key: BoxPrivateKey, sealed: bytes, context: bytes) -> bytes:
    """Open what :func:`seal_to` made.

    Raises:
        SealBroken: when the bytes were altered or cut, or key or context differ.
    """
    if len(sealed) < len(VERSION) + KEY_BYTES + aead.OVERHEAD or sealed[:1] != VERSION:
        raise SealBroken("not a sealed box of a known version")
    ephemeral = sealed[1 : 1 + KEY_BYTES]
    try:
        shared = private_key._key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    except ValueError as error:
        raise SealBroken("the ephemeral key is a point of small order") from error
    key = _derive(shared, ephemeral, private_key.public_key)
    return aead.open_sealed(key, sealed[1 + KEY_BYTES :], context=context)
