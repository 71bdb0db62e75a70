"""Signed documents are checked by a command that needs none of us; one changed byte is named as such."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from safeguards.audit import document
from safeguards.audit.note import NoteKey
from safeguards.audit.statement import sign_document
from safeguards.crypto.errors import SignatureInvalid
from safeguards.crypto.keys import SigningKey

KEY = SigningKey.from_bytes(bytes(32))
ORIGIN = "log.test/a"
VKEY = NoteKey(ORIGIN, KEY.verify_key)
OTHER = NoteKey(ORIGIN, SigningKey.from_bytes(b"1" * 32).verify_key)
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\nstartxref\n9\n%%EOF\n"


def signed_pdf() -> bytes:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return document.with_statement(PDF, sign_document(document.PDF_REPORT, PDF, key=KEY, origin=ORIGIN, at=at))


def signed_report() -> dict[str, object]:
    report: dict[str, object] = {"format": document.REPORT_FORMAT, "verdict": "generated_here", "seconds": 1.25}
    value = KEY.sign(document.REPORT_DOMAIN, document.report_bytes(report)).hex()
    return report | {
        "signature": {"key": str(VKEY), "domain": document.REPORT_DOMAIN.decode(), "value": value},
    }


def test_a_pdf_verifies_and_its_end_is_still_found_by_readers() -> None:
    data = signed_pdf()

    assert document.verify_pdf(data, [VKEY])["origin"] == ORIGIN
    assert data.startswith(PDF)
    assert b"%%EOF" in data[-1024:]


@pytest.mark.parametrize("place", [0, 12, len(PDF) - 2, len(PDF) + 40, -60, -2])
def test_one_changed_byte_of_a_pdf_breaks_it(place: int) -> None:
    data = bytearray(signed_pdf())
    data[place] ^= 1

    with pytest.raises(SignatureInvalid):
        document.verify_pdf(bytes(data), [VKEY])


def test_what_is_added_to_a_pdf_breaks_it() -> None:
    data = signed_pdf()
    for altered in (data + b"%%EOF\n", data[:-1], PDF, PDF + b"2 0 obj\nendobj\n" + data[len(PDF) :]):
        with pytest.raises(SignatureInvalid):
            document.verify_pdf(altered, [VKEY])


def test_another_kind_of_document_or_another_key_does_not_count() -> None:
    with pytest.raises(SignatureInvalid):
        document.verify_pdf(signed_pdf(), [VKEY], kind="consent-receipt")
    with pytest.raises(SignatureInvalid):
        document.verify_pdf(signed_pdf(), [OTHER])


def test_a_statement_that_hides_the_end_of_the_file_is_refused() -> None:
    with pytest.raises(ValueError, match="short"):
        document.with_statement(PDF, {"kind": "x" * 1000})


def test_a_report_verifies_and_one_changed_member_breaks_it() -> None:
    assert document.verify_report(signed_report(), [VKEY]) == VKEY
    for changed in ({"verdict": "not_detected"}, {"extra": 1}, {"signature": None}, {"format": "x"}):
        with pytest.raises(SignatureInvalid):
            document.verify_report(signed_report() | changed, [VKEY])
    with pytest.raises(SignatureInvalid):
        document.verify_report(signed_report(), [OTHER])


def signed_receipt() -> dict[str, dict[str, object]]:
    receipt: dict[str, object] = {"record_id": "con_1", "state": "active", "world": "live", "purposes": ["narration"]}
    value = base64.b64encode(KEY.sign(document.RECEIPT_DOMAIN, document.receipt_bytes(receipt))).decode()
    return {
        "receipt": receipt,
        "signature": {"key": str(VKEY), "domain": document.RECEIPT_DOMAIN.decode(), "value": value},
    }


def test_a_receipt_verifies_and_a_changed_purpose_or_another_key_breaks_it() -> None:
    signed = signed_receipt()
    found = document.check(json.dumps(signed).encode(), [VKEY])
    assert (found["kind"], found["record_id"], found["state"]) == ("consent-receipt", "con_1", "active")
    for wrong in (
        signed | {"receipt": signed["receipt"] | {"purposes": ["narration", "advertising"]}},
        signed | {"signature": signed["signature"] | {"domain": document.REPORT_DOMAIN.decode()}},
        signed | {"signature": signed["signature"] | {"value": "not base64"}},
        signed | {"signature": None},
    ):
        with pytest.raises(SignatureInvalid):
            document.check(json.dumps(wrong).encode(), [VKEY])
    with pytest.raises(SignatureInvalid):
        document.check(json.dumps(signed).encode(), [OTHER])


@pytest.mark.parametrize("data", [b"", b"[]", b"not json", b"%PDF-1.4\n", b'{"format": 1}'])
def test_what_is_no_document_of_ours_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        document.check(data, [VKEY])


def test_the_command_says_what_it_found_by_its_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys, pdf, report = tmp_path / "log.vkey", tmp_path / "report.pdf", tmp_path / "report.json"
    keys.write_text(f"# {ORIGIN}\n{VKEY}\n")
    pdf.write_bytes(signed_pdf())
    report.write_text(json.dumps(signed_report()))

    assert document.main([str(pdf), "--key", str(keys)]) == 0
    assert "VALID" in capsys.readouterr().out
    assert document.main([str(report), "--key", str(keys), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "generated_here"
    report.write_text(json.dumps(signed_report() | {"verdict": "not_detected"}))
    assert document.main([str(report), "--key", str(keys)]) == 1
    assert "NOT VALID" in capsys.readouterr().out
    assert document.main([str(tmp_path / "absent.pdf"), "--key", str(keys)]) == 2
