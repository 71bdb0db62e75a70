"""Where the bytes of clips lie. Egress alone imports this (import contract), so nobody else can put or fetch audio."""

from __future__ import annotations

from safeguards.vault import blobs
from safeguards.vault.blobs import BlobReader

KIND = "clip"


def put(data_key_id: object, data: bytes) -> str:
    """Store the delivered bytes of one clip, sealed; returns its ref.

    Raises:
        VaultError: the data key cannot be used.
    """
    return blobs.put(str(data_key_id), data, kind=KIND)


def open_range(ref: str, data_key_id: object) -> BlobReader:
    """Open for ranged reading, decrypting on the fly.

    Raises:
        VaultError: missing, altered, or the data key was destroyed.
    """
    return blobs.open_range(ref, str(data_key_id))


def delete(ref: str) -> None:
    """Remove; removing what is not there changes nothing."""
    blobs.delete(ref)
