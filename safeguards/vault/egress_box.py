"""Raw audio on its way from the engine to egress: sealed to a public key, opened only where the private one is held.

``settings.VIVAVOCE_EGRESS_PRIVATE_KEY``: base64 of 32 bytes each, the current one first (older ones still open);
``settings.VIVAVOCE_EGRESS_PUBLIC_KEY``: base64, what the engine role is told at scale.
"""

from __future__ import annotations

import base64
import binascii

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from safeguards.crypto import box
from safeguards.crypto.errors import KeyMalformed
from safeguards.crypto.errors import SealBroken as CryptoSealBroken

from .errors import SealBroken


def _bytes(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(f"{name} holds an entry that is not base64") from error


def _private_keys() -> list[box.BoxPrivateKey]:
    try:
        return [
            box.BoxPrivateKey.from_bytes(_bytes("VIVAVOCE_EGRESS_PRIVATE_KEY", text))
            for text in settings.VIVAVOCE_EGRESS_PRIVATE_KEY
        ]
    except KeyMalformed as error:
        raise ImproperlyConfigured(f"VIVAVOCE_EGRESS_PRIVATE_KEY: {error}") from error


def public_key() -> bytes:
    """The 32 public bytes to seal to: as configured, or those of the current private key where this process holds it.

    Raises:
        ImproperlyConfigured: neither is configured.
    """
    if settings.VIVAVOCE_EGRESS_PUBLIC_KEY:
        return _bytes("VIVAVOCE_EGRESS_PUBLIC_KEY", settings.VIVAVOCE_EGRESS_PUBLIC_KEY)
    for key in _private_keys():
        return key.public_key
    raise ImproperlyConfigured("set VIVAVOCE_EGRESS_PUBLIC_KEY: this process has no key to seal raw audio to")


def seal(plaintext: bytes, *, context: str) -> bytes:
    """Seal to egress; whoever seals cannot open again.

    Args:
        plaintext: the raw material.
        context: names table, column and row; the same is needed to open.
    """
    return box.seal_to(public_key(), plaintext, context.encode())


def open_sealed(sealed: bytes, *, context: str) -> bytes:
    """Open what :func:`seal` made, with the current or an older private key.

    Raises:
        SealBroken: altered, another context, or this process holds no key that fits.
    """
    for key in _private_keys():
        try:
            return box.open_box(key, bytes(sealed), context.encode())
        except CryptoSealBroken:
            continue
    raise SealBroken(f"what was sealed to egress for {context!r} does not open here")
