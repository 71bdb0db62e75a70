"""Detached signatures of the log's key over documents: consent receipts, verification reports.

The signature covers kind, name of the log, time and SHA-256 of the document's bytes, under a domain of its own, so it
never fits a checkpoint or another kind. Verifying needs the standard library and ``cryptography`` only; signing takes
the key from ``safeguards.audit.logkeys``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from safeguards.crypto.canonical import canonical_bytes
from safeguards.crypto.errors import SignatureInvalid
from safeguards.crypto.keys import SigningKey
from safeguards.crypto.secret import equal

from .leaf import time_text
from .note import NoteKey

_DOMAIN = b"vivavoce/statement/v1"
_KIND = re.compile(r"[a-z][a-z-]{0,31}")
_SIGNED = ("kind", "origin", "at", "sha256", "key")


def sign_document(kind: str, document: bytes, *, key: SigningKey, origin: str, at: datetime) -> dict[str, str]:
    """Sign a document; the result is a small JSON object to keep beside it.

    Args:
        kind: what it is, such as ``consent-receipt`` or ``verification-report``.
        document: its bytes as they are handed out.
        key: the log's present key, ``logkeys.active()``.
        origin: name of the log, ``logkeys.origin()``.
        at: time of signing, aware.

    Raises:
        ValueError: for another form of ``kind`` or a naive time.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError(f"kind must match {_KIND.pattern}, got {kind!r}")
    statement = {
        "kind": kind,
        "origin": origin,
        "at": time_text(at),
        "sha256": hashlib.sha256(document).hexdigest(),
        "key": str(NoteKey(origin, key.verify_key)),
    }
    signature = key.sign(_DOMAIN, canonical_bytes(statement))
    return statement | {"signature": base64.b64encode(signature).decode()}


def verify_document(kind: str, document: bytes, statement: Mapping[str, Any], keys: Sequence[NoteKey]) -> NoteKey:
    """Check that a trusted key signed these bytes as this kind of document; returns the key.

    Raises:
        SignatureInvalid: when it did not.
    """
    signed = {name: statement.get(name) for name in _SIGNED}
    if not all(isinstance(value, str) for value in (*signed.values(), statement.get("signature"))):
        raise SignatureInvalid("the statement lacks a member")
    key = next((key for key in keys if str(key) == signed["key"] and key.name == signed["origin"]), None)
    if key is None:
        raise SignatureInvalid("the statement is signed by a key that is not trusted")
    if signed["kind"] != kind or not equal(str(signed["sha256"]), hashlib.sha256(document).hexdigest()):
        raise SignatureInvalid("the statement is about another document")
    try:
        signature = base64.b64decode(statement["signature"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureInvalid("the signature is not base64") from error
    key.key.verify(_DOMAIN, canonical_bytes(signed), signature)
    return key
