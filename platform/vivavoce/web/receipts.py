"""The signed consent receipt on paper: the same facts as the JSON, the signature, and the very bytes it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from reportlab.platypus import Flowable

from safeguards.audit.document import receipt_bytes
from vivavoce.web import documents
from vivavoce.web.templatetags.web_words import languages_in_words, purposes_in_words, words


def receipt_pdf(document: Mapping[str, object], *, name: str, voice: str, statement: str, language: str) -> bytes:
    """Lay the receipt out.

    Args:
        document: as ``consent_receipt`` returns it.
        name: the owner's; on paper only, the signed receipt holds none.
        voice: what the owner calls the voice.
        statement: what was spoken; empty once erased.
        language: of the reader.
    """
    receipt: Mapping[str, Any] = document["receipt"]  # type: ignore[assignment]
    signature: Mapping[str, Any] = document["signature"]  # type: ignore[assignment]
    notice = receipt["notice"]
    rows = [
        (_("Given by"), name or "–"),
        (_("Voice"), f"{voice} ({receipt['subject']})"),
        (_("To"), f"{receipt['pii_controller']['name']}, {receipt['pii_controller']['url']}"),
        (_("For"), purposes_in_words(receipt["purposes"])),
        (_("In"), languages_in_words(receipt["languages"])),
        (_("Given on"), _time(receipt["given_at"])),
        (_("Runs until"), _time(receipt["expires_at"])),
        (_("State"), words(str(receipt["state"]))),
    ]
    if receipt["ended_at"]:
        rows.append((_("Ended on"), _time(receipt["ended_at"])))
    proof = [
        (_("Receipt of"), str(receipt["record_id"])),
        (_("Issued on"), _time(receipt["issued_at"])),
        (_("Text version"), f"{notice['version']}, SHA-256 {notice['sha256']}"),
        (_("Key"), str(signature["key"])),
        (_("Signature"), f"Ed25519, {signature['value']}"),
    ]
    story: list[Flowable] = [documents.text(_("Receipt for a spoken consent"), "title")]
    if receipt["simulated"]:
        story.append(
            documents.text(_("Sandbox: this consent is simulated. It is nobody's consent to anything."), "soft")
        )
    story.append(documents.facts(rows))
    if statement:
        story += [documents.text(_("What was said"), "heading"), documents.text(statement, "quote")]
    story += [
        documents.text(_("How to take it back"), "heading"),
        documents.text(
            _("Sign in, open the voice, choose Consent, press Withdraw. Every use stops at once. You need no reason.")
        ),
        documents.text(_("How to check this receipt"), "heading"),
        documents.facts(proof),
        documents.gap(),
        documents.text(
            _("The signature is over “%(domain)s”, a zero byte, and this line without breaks:")
            % {"domain": signature["domain"]},
            "soft",
        ),
        documents.text(receipt_bytes(receipt).decode(), "code"),
    ]
    footer = f"Vivavoce · {receipt['record_id']}"
    return documents.pdf(story, title=_("Receipt for a spoken consent"), footer=footer, language=language)


def _time(moment: object) -> str:
    """A time of the receipt as people read it."""
    return "–" if not moment else f"{str(moment)[:16].replace('T', ' ')} UTC"
