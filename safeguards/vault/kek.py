"""Key-encryption keys from ``settings.VIVAVOCE_KEKS``: base64 of 32 bytes each, the current one first."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .errors import KekMissing


@dataclass(frozen=True, slots=True)
class Kek:
    """A key-encryption key and the public name that rows carry."""

    id: str
    key: bytes = field(repr=False)


def _kek(text: str) -> Kek:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured("VIVAVOCE_KEKS holds an entry that is not base64") from error
    if len(key) != 32:
        raise ImproperlyConfigured(f"VIVAVOCE_KEKS: each key must be base64 of 32 bytes, got {len(key)}")
    return Kek(hashlib.sha256(b"vivavoce/kek-id/v1\x00" + key).hexdigest()[:16], key)


def configured() -> list[Kek]:
    """All keys of this process, the current one first.

    Raises:
        ImproperlyConfigured: for an entry that is not base64 of 32 bytes.
    """
    return [_kek(text) for text in settings.VIVAVOCE_KEKS]


def current() -> Kek:
    """The key that new data keys are wrapped with.

    Raises:
        KekMissing: when this process has none.
    """
    for kek in configured():
        return kek
    raise KekMissing("no key-encryption key is configured in this process: set VIVAVOCE_KEKS")


def by_id(kek_id: str) -> Kek:
    """The key named by a row.

    Raises:
        KekMissing: when it is not among the configured ones.
    """
    for kek in configured():
        if kek.id == kek_id:
            return kek
    raise KekMissing(f"key-encryption key {kek_id} is not configured: add it to VIVAVOCE_KEKS after the current one")
