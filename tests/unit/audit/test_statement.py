"""Signed documents: every part is bound."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from safeguards.audit.note import NoteKey
from safeguards.audit.statement import sign_document, verify_document
from safeguards.crypto.errors import SignatureInvalid
from safeguards.crypto.keys import SigningKey

KEY = SigningKey.from_bytes(bytes(32))
TRUSTED = [NoteKey("log.test/a", KEY.verify_key)]
AT = datetime(2026, 11, 21, tzinfo=UTC)
RECEIPT = b'{"scope": "narration"}'


def signed() -> dict[str, str]:
    return sign_document("consent-receipt", RECEIPT, key=KEY, origin="log.test/a", at=AT)


def test_a_signed_document_verifies() -> None:
    assert verify_document("consent-receipt", RECEIPT, signed(), TRUSTED) == TRUSTED[0]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "verification-report"},
        {"origin": "log.test/b"},
        {"at": "2026-11-22T00:00:00.000000Z"},
        {"sha256": "0" * 64},
        {"key": "x"},
        {"signature": "AAAA"},
        {"signature": "*"},
        {"signature": None},
        {"at": None},
    ],
)
def test_any_changed_member_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(SignatureInvalid):
        verify_document("consent-receipt", RECEIPT, signed() | change, TRUSTED)


def test_another_document_kind_or_key_is_refused() -> None:
    other = [NoteKey("log.test/a", SigningKey.generate().verify_key)]
    for kind, document, keys in [
        ("consent-receipt", RECEIPT + b" ", TRUSTED),
        ("verification-report", RECEIPT, TRUSTED),
        ("consent-receipt", RECEIPT, other),
        ("consent-receipt", RECEIPT, []),
    ]:
        with pytest.raises(SignatureInvalid):
            verify_document(kind, document, signed(), keys)


def test_a_kind_is_a_plain_word() -> None:
    with pytest.raises(ValueError, match="kind"):
        sign_document("Receipt 1", RECEIPT, key=KEY, origin="log.test/a", at=AT)
