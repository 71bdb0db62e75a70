"""The signed receipt of a consent, in the manner of ISO/IEC TS 27560 (consent record information structure).

Signed with the key that signs the log's checkpoints, under a domain of its own. It names the owner by id only and holds nothing
biometric; the statement's digest lets whoever has the text check it. A receipt is a statement of the moment ``issued_at``.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from django.conf import settings

from audiokit.clock import now
from safeguards.audit import logkeys
from safeguards.audit.document import RECEIPT_DOMAIN, receipt_bytes
from safeguards.audit.events import EventType
from voices import consent_text
from voices.errors import Conflict
from voices.models import Challenge, Consent
from voices.selectors import consent_get
from voices.services.journal import account, recorded
from voices.states import ChallengeState

SCHEMA = "https://vivavoce.example/consent-receipt/1"


def consent_receipt(*, account_id: str, consent_id: str) -> dict[str, object]:
    """Make a receipt of a consent that is or was active.

    Returns:
        ``{"receipt": {...}, "signature": {"key": vkey, "domain": ..., "value": base64}}``. The signature (Ed25519) is over the domain, a
        zero byte, and the receipt as JSON with sorted keys and no spaces, in UTF-8.

    Raises:
        NotFound: no such consent, or a stranger's.
        Conflict: ``consent_never_active``.
    """
    consent = consent_get(account_id=account_id, consent_id=consent_id)
    if consent.active_at is None:
        raise Conflict("consent_never_active", "There is a receipt once the consent is active.")
    with recorded(actor=account(account_id), world=consent.world) as journal:
        receipt = _receipt(consent)
        message = receipt_bytes(receipt)
        key = logkeys.active()
        journal.add(
            EventType.CONSENT_RECEIPT_ISSUED, f"consent:{consent_id}", digest=hashlib.sha256(message).hexdigest()
        )
    return {
        "receipt": receipt,
        "signature": {
            "key": str(logkeys.note_key(key)),
            "domain": RECEIPT_DOMAIN.decode(),
            "value": base64.b64encode(key.sign(RECEIPT_DOMAIN, message)).decode(),
        },
    }


def _receipt(consent: Consent) -> dict[str, object]:
    challenge = Challenge.objects.filter(consent=consent, state=ChallengeState.CONSUMED).first()
    return {
        "schema": SCHEMA,
        "record_id": consent.pk,
        "pii_controller": {"name": consent_text.PLATFORM, "url": settings.PUBLIC_URL},
        "pii_principal": consent.owner_id,
        "world": consent.world,
        "simulated": consent.simulated,
        "consent_type": "spoken_explicit",
        "state": consent.state,
        "subject": consent.voice_id,
        "pii_categories": ["voice recording", "speaker embedding", "voice model"],
        "purposes": list(consent.purposes),
        "languages": list(consent.languages),
        "notice": {
            "version": consent.text_version,
            "language": consent.text_language,
            "sha256": consent.statement_digest,
        },
        "challenge": None if challenge is None else challenge.pk,
        "given_at": _time(consent.active_at),
        "expires_at": _time(consent.expires_at),
        "ended_at": _time(consent.ended_at),
        "withdrawal": f"{settings.PUBLIC_URL}/v1/consents/{consent.pk}/withdraw",
        "issued_at": _time(now()),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
