"""Small values under a data key: seal, open, commit. For columns (``BinaryField``) and fields of records."""

from __future__ import annotations

import uuid

from safeguards.crypto import aead, mac
from safeguards.crypto.errors import SealBroken as CryptoSealBroken
from safeguards.crypto.kdf import hkdf

from . import keys
from .errors import SealBroken

_SEAL = b"vivavoce/vault/v1/seal"
_COMMIT = b"vivavoce/vault/v1/commit"


def _context(data_key_id: uuid.UUID | str, context: str) -> bytes:
    if not context:
        raise ValueError("context must name what is sealed, such as 'voices.consent.transcript'")
    return uuid.UUID(str(data_key_id)).bytes + context.encode()


def seal(data_key_id: uuid.UUID | str, plaintext: bytes, *, context: str) -> bytes:
    """Encrypt a value under a data key; 29 bytes longer than the plaintext.

    Args:
        data_key_id: whose material it is.
        plaintext: up to a few MB; larger objects go through ``blobs``.
        context: names table, column and, where values must not trade places, the row; the same is needed to open.

    Raises:
        KeyUnknown, KeyDestroyed, KekMissing: the data key cannot be used.
    """
    bound = _context(data_key_id, context)
    return aead.seal(hkdf(keys.unwrap(data_key_id), _SEAL), plaintext, context=bound)


def open(data_key_id: uuid.UUID | str, sealed: bytes, *, context: str) -> bytes:  # noqa: A001 (published as vault.open)
    """Undo :func:`seal`.

    Raises:
        KeyDestroyed: the owner's material was erased.
        SealBroken: altered, cut, or another key or context.
        KeyUnknown, KekMissing: the data key cannot be used.
    """
    bound = _context(data_key_id, context)
    key = hkdf(keys.unwrap(data_key_id), _SEAL)
    try:
        return aead.open_sealed(key, bytes(sealed), context=bound)
    except CryptoSealBroken as error:
        raise SealBroken(f"a value sealed for {context!r} does not open: altered, moved or of another key") from error


def commit(data_key_id: uuid.UUID | str, label: str, value: bytes | str) -> str:
    """Salted commitment to ``value`` for the audit log; 64 hex digits.

    HMAC-SHA256 under a subkey of the data key: testable while the key lives, linked to nothing once it is destroyed.

    Raises:
        KeyUnknown, KeyDestroyed, KekMissing: the data key cannot be used.
    """
    return mac.commitment(hkdf(keys.unwrap(data_key_id), _COMMIT), label, value)
