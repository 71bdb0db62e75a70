"""Borderline consents are judged by two different operators, neither of them the owner. One rejection rejects."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.errors import Refusal
from safeguards.gate import ConsentEvidence, ConsentPermit, permit_consent, policy_for
from voices.errors import Conflict, Invalid, NotFound
from voices.evidence_json import from_json
from voices.models import Consent, Review
from voices.selectors import consent_for_review, operator_check
from voices.services.journal import account, recorded
from voices.services.revocation import lock_voice
from voices.services.verdicts import consent_activate, consent_reject
from voices.states import ConsentState

MAX_REASON = 1000


def review_vote(*, operator_id: str, consent_id: str, approve: bool, reason: str) -> Consent:
    """One operator's judgement. The second approval asks the gate again and activates; a rejection ends the consent.

    Raises:
        NotFound: no such consent to review, the account is no operator, or the consent is their own.
        Invalid: ``reason_missing``.
        Conflict: ``already_reviewed``; ``state_conflict``.
        Refusal: the gate refuses by now; the consent is rejected.
    """
    operator_check(operator_id=operator_id)
    words = reason.strip()[:MAX_REASON]
    if not words:
        raise Invalid("reason_missing", "Say in a sentence why you approve or reject.")
    consent = Consent.objects.select_related("owner").filter(pk=consent_id).first()
    if consent is None or consent.owner.account_id == operator_id:
        raise NotFound
    refusal = _vote(operator_id, consent, approve, words)
    consent.refresh_from_db()
    if refusal is not None:
        raise refusal
    return consent


def review_listen(*, operator_id: str, consent_id: str) -> bytes:
    """The recording of a consent that waits for a review, as FLAC. Who listened is in the log.

    Raises:
        NotFound: as :func:`review_vote`, or the recording was erased.
    """
    consent = consent_for_review(operator_id=operator_id, consent_id=consent_id)
    recording = consent.recording
    if recording is None or not recording.blob:
        raise NotFound
    with recorded(actor=account(operator_id), world=consent.world) as journal:
        journal.add(EventType.REVIEW_OPENED, f"consent:{consent_id}", recording=True)
    return vault.blobs.get(recording.blob, consent.owner.data_key_id)


def _vote(operator_id: str, consent: Consent, approve: bool, reason: str) -> Refusal | None:
    try:
        with recorded(actor=account(operator_id), world=consent.world) as journal:
            lock_voice(consent.voice_id)
            consent.refresh_from_db()
            if consent.state != ConsentState.NEEDS_REVIEW:
                raise Conflict("state_conflict", "This consent is not waiting for a review.")
            with transaction.atomic():
                Review.objects.create(
                    consent=consent, reviewer_id=operator_id, approve=approve, reason=reason, created_at=now()
                )
            journal.add(EventType.REVIEW_VOTED, f"consent:{consent.pk}", approve=approve)
            journal.write()
            return _decide(operator_id, consent, approve)
    except IntegrityError:
        raise Conflict("already_reviewed", "You have judged this consent already. Another operator must.") from None


def _decide(operator_id: str, consent: Consent, approve: bool) -> Refusal | None:
    """Inside the vote's transaction: its services append after the vote."""
    evidence = consent.evidence or {}
    if not approve:
        no = Refusal("review_rejected", "A reviewer has rejected this consent. Record a new one in better conditions.")
        consent_reject(consent_id=consent.pk, refusal=no, evidence=None, reviewer_id=operator_id)
        return None
    votes = Review.objects.filter(consent=consent, approve=True).values_list("reviewer_id", flat=True)
    try:
        found = permit_consent(
            from_json(ConsentEvidence, evidence["evidence"]),
            policy_for(consent.world),
            now(),
            approvals=frozenset(votes),
        )
    except Refusal as refusal:
        consent_reject(consent_id=consent.pk, refusal=refusal, evidence=None, reviewer_id=operator_id)
        return refusal
    if isinstance(found, ConsentPermit):
        consent_activate(consent_id=consent.pk, permit=found, evidence=evidence, reviewer_id=operator_id)
    return None
