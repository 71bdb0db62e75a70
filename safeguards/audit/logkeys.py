"""The log's signing keys: which are configured here, which one signs now, and how one hands over to the next."""

from __future__ import annotations

import base64
import binascii

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from safeguards.crypto.keys import SigningKey

from .models import LogKey
from .note import NoteKey


class LogKeyMissing(Exception):
    """The key that signs the log now is not configured in this process."""


def origin() -> str:
    """Name of the log, first line of every checkpoint and name of its keys."""
    name: str = settings.VIVAVOCE_LOG_ORIGIN
    return name


def configured() -> list[SigningKey]:
    """Signing keys of this process from ``VIVAVOCE_LOG_SIGNING_KEYS``, the wanted one first.

    Raises:
        ImproperlyConfigured: for an entry that is not base64 of 32 bytes.
    """
    keys: list[SigningKey] = []
    for text in settings.VIVAVOCE_LOG_SIGNING_KEYS:
        try:
            keys.append(SigningKey.from_bytes(base64.b64decode(text, validate=True)))
        except (binascii.Error, ValueError) as error:
            raise ImproperlyConfigured("VIVAVOCE_LOG_SIGNING_KEYS: each entry must be base64 of 32 bytes") from error
    return keys


def note_key(key: SigningKey) -> NoteKey:
    """The public half under the log's name."""
    return NoteKey(origin(), key.verify_key)


def published() -> list[tuple[NoteKey, int]]:
    """Every key the log ever had with the tree size from which it is valid, oldest first."""
    return [(NoteKey.parse(row.vkey), row.from_size) for row in LogKey.objects.order_by("id")]


def active() -> SigningKey:
    """The key that signs now. The first key of a new log is recorded here; run it inside a transaction.

    Raises:
        LogKeyMissing: when none is configured, or the log's present key is not among them.
    """
    keys = configured()
    row = LogKey.objects.order_by("-id").first()
    if row is None:
        if not keys:
            raise LogKeyMissing("no signing key for the log is configured: set VIVAVOCE_LOG_SIGNING_KEYS")
        LogKey.objects.create(vkey=str(note_key(keys[0])), from_size=0, added_at=timezone.now())
        return keys[0]
    for key in keys:
        if str(note_key(key)) == row.vkey:
            return key
    raise LogKeyMissing(
        f"the log is signed by {row.vkey} and that key is not configured: keep it in VIVAVOCE_LOG_SIGNING_KEYS "
        "(after the new one, if you mean to rotate) and do not change VIVAVOCE_LOG_ORIGIN"
    )
