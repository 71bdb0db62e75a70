"""The answer as a document that can be checked later without us: ``python -m safeguards.audit.document``."""

from __future__ import annotations

from typing import Any, Final

from safeguards.audit import logkeys
from safeguards.audit.document import REPORT_DOMAIN, REPORT_FORMAT, report_bytes

FORMAT: Final = REPORT_FORMAT
DOMAIN: Final = REPORT_DOMAIN

__all__ = ["DOMAIN", "FORMAT", "report_bytes", "sign_report"]


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
