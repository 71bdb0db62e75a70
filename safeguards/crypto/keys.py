"""Ed25519 keys (RFC 8032) as types that do not print themselves.

Two ways to sign exist. :meth:`SigningKey.sign` puts a domain and a zero byte before the message, so that a signature
made for one purpose never fits another. :meth:`SigningKey.sign_note` signs the bare text of a C2SP signed note, which
the format demands; a note holds no zero byte, so neither kind can be taken for the other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from .errors import KeyMalformed, SignatureInvalid

KEY_BYTES = 32
SIGNATURE_BYTES = 64
NOTE_ED25519 = 0x01
NOTE_COSIGNATURE = 0x04


def _message(domain: bytes, message: bytes) -> bytes:
    if not domain or b"\x00" in domain:
        raise ValueError("domain must be non-empty and free of zero bytes")
    return domain + b"\x00" + message


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """Public half of a :class:`SigningKey`."""

    _key: Ed25519PublicKey = field(repr=False)

    @classmethod
    def from_bytes(cls, data: bytes) -> VerifyKey:
        """Read 32 bytes (RFC 8032 §5.1.2).

        Raises:
            KeyMalformed: for another length.
        """
        if len(data) != KEY_BYTES:
            raise KeyMalformed(f"an Ed25519 public key has {KEY_BYTES} bytes, got {len(data)}")
        return cls(Ed25519PublicKey.from_public_bytes(data))

    @classmethod
    def from_pem(cls, data: bytes) -> VerifyKey:
        """Read a PEM SubjectPublicKeyInfo.

        Raises:
            KeyMalformed: when it is not PEM, or not an Ed25519 key.
        """
        try:
            key = load_pem_public_key(data)
        except (ValueError, TypeError) as error:
            raise KeyMalformed("not a PEM public key") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyMalformed("the PEM file holds a key that is not Ed25519")
        return cls(key)

    def to_bytes(self) -> bytes:
        """The 32 public bytes."""
        return self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def to_pem(self) -> bytes:
        """PEM SubjectPublicKeyInfo, for tools that want a file."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, domain: bytes, message: bytes, signature: bytes) -> None:
        """Check a signature made by :meth:`SigningKey.sign`.

        Raises:
            SignatureInvalid: when it does not fit.
        """
        self._verify(_message(domain, message), signature)

    def verify_note(self, text: bytes, signature: bytes) -> None:
        """Check a signature over the bare text of a signed note.

        Raises:
            SignatureInvalid: when it does not fit.
        """
        self._verify(text, signature)

    def key_id(self, name: str, kind: int = NOTE_ED25519) -> bytes:
        """Four bytes that name this key in a note: SHA-256(name ‖ 0x0A ‖ kind ‖ key)[:4] (C2SP signed-note)."""
        return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + self.to_bytes()).digest()[:4]

    def _verify(self, message: bytes, signature: bytes) -> None:
        try:
            self._key.verify(signature, message)
        except InvalidSignature as error:
            raise SignatureInvalid("the signature does not fit this key and message") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __repr__(self) -> str:
        return f"VerifyKey({self.to_bytes().hex()[:8]}…)"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Ed25519 private key. Its text form never shows the secret."""

    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, seed: bytes) -> SigningKey:
        """Read the 32-byte seed (RFC 8032 §5.1.5).

        Raises:
            KeyMalformed: for another length.
        """
        if len(seed) != KEY_BYTES:
            raise KeyMalformed(f"an Ed25519 seed has {KEY_BYTES} bytes, got {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def to_bytes(self) -> bytes:
        """The 32-byte seed. Whoever holds it signs as this key."""
        return self._key.private_bytes_raw()

    @property
    def verify_key(self) -> VerifyKey:
        """The public half."""
        return VerifyKey(self._key.public_key())

    def sign(self, domain: bytes, message: bytes) -> bytes:
        """Sign ``domain ‖ 0x00 ‖ message``; 64 bytes.

        Raises:
            ValueError: for a domain that is empty or holds a zero byte.
        """
        return self._key.sign(_message(domain, message))

    def sign_note(self, text: bytes) -> bytes:
        """Sign the bare text of a C2SP signed note; 64 bytes.

        Raises:
            ValueError: when the text holds a control character other than newline, which no note may.
        """
        if any(byte < 0x20 and byte != 0x0A for byte in text):
            raise ValueError("a note holds no control characters other than newline")
        return self._key.sign(text)

    def __repr__(self) -> str:
        return f"SigningKey(public={self.verify_key.to_bytes().hex()[:8]}…)"
