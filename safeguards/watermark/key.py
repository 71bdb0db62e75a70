"""The watermark key and the pseudo-random function that everything secret is drawn from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from safeguards.watermark.errors import WatermarkError

KEY_BYTES: Final = 32
_SALT: Final = b"vivavoce watermark v1"


class WatermarkKey:
    """A 256-bit secret. Equal keys hash alike; the secret never shows in ``repr``.

    Sub-keys come from HKDF (RFC 5869) with SHA-256 and a label; streams from SHAKE-256 (FIPS 202) over a sub-key.
    """

    __slots__ = ("_prk", "_secret", "key_id")

    key_id: str
    """Public identifier: 16 hexadecimal digits that reveal nothing of the secret."""

    def __init__(self, secret: bytes) -> None:
        if not isinstance(secret, bytes) or len(secret) != KEY_BYTES:
            raise WatermarkError("bad_key", f"a watermark key is {KEY_BYTES} bytes")
        self._secret = secret
        self._prk = hmac.new(_SALT, secret, hashlib.sha256).digest()
        self.key_id = self.subkey("id")[:8].hex()

    @classmethod
    def generate(cls) -> WatermarkKey:
        """Draw a fresh key from the operating system."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_bytes(cls, secret: bytes) -> WatermarkKey:
        """Restore a key from its 32 bytes.

        Raises:
            WatermarkError: ``bad_key`` for another length or type.
        """
        return cls(secret)

    def to_bytes(self) -> bytes:
        """Return the 32 secret bytes, for sealing at rest."""
        return self._secret

    def subkey(self, label: str) -> bytes:
        """Return the 32-byte sub-key of ``label``: HKDF-Expand, first block (RFC 5869 section 2.3)."""
        return hmac.new(self._prk, label.encode() + b"\x01", hashlib.sha256).digest()

    def stream(self, label: str, n: int) -> bytes:
        """Return the first ``n`` bytes of the pseudo-random stream of ``label``."""
        return hashlib.shake_256(self.subkey(label)).digest(n)

    def mac(self, label: str, message: bytes) -> bytes:
        """Return HMAC-SHA-256 of ``message`` under the sub-key of ``label``."""
        return hmac.new(self.subkey(label), message, hashlib.sha256).digest()

    def __repr__(self) -> str:
        return f"WatermarkKey(key_id={self.key_id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WatermarkKey) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self.key_id)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a WatermarkKey is not pickled; seal to_bytes() instead")
