"""The answer as a document that can be checked later without us."""

from __future__ import annotations

import json
from typing import Any, Final

from safeguards.audit import logkeys

FORMAT: Final = "vivavoce-verification-report/1"
DOMAIN: Final = b"vivavoce/verification-report/v1"


def report_bytes(report: dict[str, Any]) -> bytes:
    """What is signed: everything but the signature itself, as JSON in UTF-8, keys sorted, no spaces, numbers as Python writes them."""
    signed = {name: value for name, value in report.items() if name != "signature"}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sign_report(report: dict[str, Any]) -> dict[str, Any]:
    """The report with ``signature``: ``{"algorithm", "key", "domain", "value"}``, made with the log's present key.

    The signature is Ed25519 over ``domain``, one zero byte, and :func:`report_bytes`; ``key`` is the log's vkey, as its key file lists it.

    Raises:
        LogKeyMissing: this process does not hold that key.
    """
    key = logkeys.active()
    return report | {
        "signature": {
            "algorithm": "Ed25519",
            "key": str(logkeys.note_key(key)),
            "domain": DOMAIN.decode(),
            "value": key.sign(DOMAIN, report_bytes(report)).hex(),
        }
    }
