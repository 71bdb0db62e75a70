"""Checking a signed document without us: ``python -m safeguards.audit.document FILE --key KEYFILE [--json]``.

Three forms are known. A verification report and a consent receipt as JSON carry their signature as a member. A PDF carries a statement
(``safeguards.audit.statement``) in its last line, a comment that PDF readers pass over; the statement covers every byte before it. Standard
library and ``cryptography`` only. Exit status: 0 the signature holds, 1 it does not, 2 a file could not be read.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from safeguards.crypto.errors import KeyMalformed, SignatureInvalid

from .note import NoteKey
from .statement import verify_document
from .verify import read_keys

REPORT_FORMAT: Final = "vivavoce-verification-report/1"
REPORT_DOMAIN: Final = b"vivavoce/verification-report/v1"
RECEIPT_DOMAIN: Final = b"vivavoce/consent-receipt/v1"
PDF_REPORT: Final = "verification-report-pdf"
_PDF: Final = b"%PDF-"
_TRAILER: Final = b"%vivavoce-statement "
_MAX_TRAILER = 1000  # readers look for %%EOF in the last 1024 bytes (ISO 32000-1, note 20 of annex H.3)
_MAX_FILE = 64 << 20


def report_bytes(report: Mapping[str, Any]) -> bytes:
    """What is signed of a report: everything but the signature itself, as JSON in UTF-8, keys sorted, no spaces, numbers as Python writes them."""
    signed = {name: value for name, value in report.items() if name != "signature"}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def with_statement(pdf: bytes, statement: Mapping[str, str]) -> bytes:
    """The PDF with the statement about it as its last line.

    Raises:
        ValueError: it is no PDF, or the statement is too long for readers to find the end of the file before it.
    """
    line = _TRAILER + json.dumps(statement, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    if not pdf.startswith(_PDF) or not pdf.endswith(b"\n") or len(line) > _MAX_TRAILER:
        raise ValueError("a statement is put after the last line of a PDF, and is short")
    return pdf + line


def split_statement(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """A PDF and the statement about it.

    Raises:
        SignatureInvalid: there is none.
    """
    start = data.rfind(_TRAILER, max(0, len(data) - _MAX_TRAILER))
    if not data.startswith(_PDF) or start < 1 or data[start - 1 : start] != b"\n" or not data.endswith(b"\n"):
        raise SignatureInvalid("the file carries no statement in its last line")
    try:
        statement = json.loads(data[start + len(_TRAILER) :])
    except ValueError as error:
        raise SignatureInvalid("the statement in the last line is not JSON") from error
    if not isinstance(statement, dict):
        raise SignatureInvalid("the statement in the last line is not an object")
    return data[:start], statement


def verify_pdf(data: bytes, keys: Sequence[NoteKey], *, kind: str = PDF_REPORT) -> dict[str, Any]:
    """Check a PDF of ours; returns the statement.

    Raises:
        SignatureInvalid: a byte was changed, it is another kind of document, or another key signed.
    """
    document, statement = split_statement(data)
    verify_document(kind, document, statement, keys)
    return statement


def verify_report(report: Mapping[str, Any], keys: Sequence[NoteKey]) -> NoteKey:
    """Check a report that was read from JSON; returns the key that signed it.

    Raises:
        SignatureInvalid: it does not hold, or another key signed.
    """
    signature = report.get("signature")
    if report.get("format") != REPORT_FORMAT or not isinstance(signature, dict):
        raise SignatureInvalid("this is no signed verification report")
    key = next((key for key in keys if str(key) == signature.get("key")), None)
    if key is None:
        raise SignatureInvalid("the report is signed by a key that is not in the key file")
    try:
        value = bytes.fromhex(str(signature.get("value")))
    except ValueError as error:
        raise SignatureInvalid("the signature is not hexadecimal") from error
    if signature.get("domain") != REPORT_DOMAIN.decode():
        raise SignatureInvalid("the signature was made for something else")
    key.key.verify(REPORT_DOMAIN, report_bytes(report), value)
    return key


def receipt_bytes(receipt: Mapping[str, Any]) -> bytes:
    """What is signed of a receipt: strings, lists, booleans and null only, so that any JSON writer makes the same bytes."""
    return json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verify_receipt(document: Mapping[str, Any], keys: Sequence[NoteKey]) -> NoteKey:
    """Check a consent receipt that was read from JSON; returns the key that signed it.

    Raises:
        SignatureInvalid: it does not hold, or another key signed.
    """
    receipt, signature = document.get("receipt"), document.get("signature")
    if not isinstance(receipt, dict) or not isinstance(signature, dict):
        raise SignatureInvalid("this is no signed receipt")
    key = next((key for key in keys if str(key) == signature.get("key")), None)
    if key is None:
        raise SignatureInvalid("the receipt is signed by a key that is not in the key file")
    if signature.get("domain") != RECEIPT_DOMAIN.decode():
        raise SignatureInvalid("the signature was made for something else")
    try:
        value = base64.b64decode(str(signature.get("value")), validate=True)
    except ValueError as error:
        raise SignatureInvalid("the signature is not base64") from error
    key.key.verify(RECEIPT_DOMAIN, receipt_bytes(receipt), value)
    return key


def check(data: bytes, keys: Sequence[NoteKey]) -> dict[str, str]:
    """Whichever of the three forms it is; returns what the signature says.

    Raises:
        SignatureInvalid: it does not hold.
    """
    if data.startswith(_PDF):
        _, statement = split_statement(data)
        kind = str(statement.get("kind"))
        verify_pdf(data, keys, kind=kind)
        return {"kind": kind, "signed_at": statement["at"], "log": statement["origin"], "key": statement["key"]}
    try:
        report = json.loads(data)
    except ValueError as error:
        raise SignatureInvalid("the file is neither a PDF nor JSON") from error
    if not isinstance(report, dict):
        raise SignatureInvalid("this is no signed verification report")
    if "receipt" in report:
        key, receipt = verify_receipt(report, keys), report["receipt"]
        said = {name: str(receipt.get(name)) for name in ("record_id", "state", "world", "issued_at")}
        return {"kind": "consent-receipt", **said, "log": key.name, "key": str(key)}
    key = verify_report(report, keys)
    return {
        "kind": "verification-report",
        "verdict": str(report.get("verdict")),
        "clip_sha256": str(report.get("sha256")),
        "answered_at": str(report.get("answered_at")),
        "log": key.name,
        "key": str(key),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m safeguards.audit.document",
        description="Check the signature of a report or receipt without trusting us.",
    )
    parser.add_argument("file", type=Path, help="report as PDF or JSON, or receipt as JSON")
    parser.add_argument("--key", type=Path, action="append", required=True, metavar="KEYFILE", help="vkey lines")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    try:
        keys = [key for path in options.key for key in read_keys(path)]
        with options.file.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
        if len(data) > _MAX_FILE:
            raise KeyMalformed("the file is larger than 64 MiB")
    except (OSError, KeyMalformed) as error:
        sys.stderr.write(f"Nothing was verified: {error}.\n")
        return 2
    try:
        found = check(data, keys)
    except SignatureInvalid as error:
        sys.stdout.write(
            json.dumps({"ok": False, "problem": str(error)}) + "\n" if options.json else f"NOT VALID: {error}.\n"
        )
        return 1
    lines = "".join(f"  {name.replace('_', ' ')}: {value}\n" for name, value in found.items())
    sys.stdout.write(json.dumps({"ok": True, **found}) + "\n" if options.json else f"VALID\n{lines}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
