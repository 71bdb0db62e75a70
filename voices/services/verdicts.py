"""What the gate said of a consent, applied. For the analysis worker and for reviews; each takes a permit or a refusal, never an opinion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.errors import Refusal
from safeguards.gate import ConsentPermit, NeedsReview
from voices import jobs
from voices.evidence_json import Json, text_of
from voices.models import AnalysisJob, Consent, SpeakerTemplate
from voices.services.journal import WORKER, Journal, account, recorded
from voices.services.revocation import lock_voice
from voices.services.templates import template_store
from voices.services.transitions import move, move_any
from voices.states import CONSENT, ConsentState


def consent_verify(*, consent_id: str) -> Consent:
    """The worker begins; beginning again after a crash changes nothing.

    Raises:
        Conflict: ``state_conflict``: withdrawn meanwhile.
    """
    consent = Consent.objects.get(pk=consent_id)
    if consent.state == ConsentState.VERIFYING:
        return consent
    with recorded(actor=WORKER, world=consent.world) as journal:
        move(Consent.objects.filter(pk=consent_id), CONSENT, ConsentState.VERIFYING)
        journal.add(EventType.CONSENT_VERIFYING, f"consent:{consent_id}")
    consent.refresh_from_db()
    return consent


def consent_activate(
    *,
    consent_id: str,
    permit: ConsentPermit,
    evidence: Mapping[str, Json],
    template: tuple[bytes, str] | None = None,
    job: AnalysisJob | None = None,
    reviewer_id: str | None = None,
) -> Consent:
    """The consent holds. An earlier one of the same voice ends with this one's beginning.

    Args:
        consent_id: verifying, or in review.
        permit: of this consent.
        evidence: as stored; its commitment goes to the log.
        template: embedding of the speaker and its version, sealed as the voice's template unless readings gave a better one.
        job: the analysis, finished in the same transaction.
        reviewer_id: whose approval completed the review.

    Raises:
        Conflict: ``state_conflict``: withdrawn meanwhile.
        LeaseLost: another worker has the job.
    """
    ConsentPermit.require(permit, subject=consent_id)
    consent = Consent.objects.select_related("owner").get(pk=consent_id)
    actor = WORKER if reviewer_id is None else account(reviewer_id)
    moment = now()
    with recorded(actor=actor, world=consent.world) as journal:
        lock_voice(consent.voice_id)
        if job is not None:
            jobs.finish(job)
        older = Consent.objects.filter(voice_id=consent.voice_id, state=ConsentState.ACTIVE).exclude(pk=consent_id)
        for old in older:
            move_any(Consent.objects.filter(pk=old.pk), CONSENT, ConsentState.EXPIRED, ended_at=moment)
            journal.add(EventType.CONSENT_EXPIRED, f"consent:{old.pk}", renewed_by=f"consent:{consent_id}")
        move(
            Consent.objects.filter(pk=consent_id),
            CONSENT,
            ConsentState.ACTIVE,
            evidence=dict(evidence),
            active_at=moment,
            expires_at=moment + timedelta(days=consent.days_valid),
        )
        if template is not None and not SpeakerTemplate.objects.filter(voice_id=consent.voice_id).exists():
            template_store(consent.voice_id, consent.owner, template)
        journal.add(
            EventType.CONSENT_ACTIVATED,
            f"consent:{consent_id}",
            permit=permit.id,
            policy=permit.policy_version,
            evidence=evidence_commitment(consent, evidence),
            simulated=consent.simulated,
        )
    consent.refresh_from_db()
    return consent


def consent_hold(
    *, consent_id: str, review: NeedsReview, evidence: Mapping[str, Json], job: AnalysisJob | None = None
) -> Consent:
    """Borderline: two people must look.

    Raises:
        Conflict: ``state_conflict``; LeaseLost.
    """
    consent = Consent.objects.select_related("owner").get(pk=consent_id)
    with recorded(actor=WORKER, world=consent.world) as journal:
        lock_voice(consent.voice_id)
        if job is not None:
            jobs.finish(job)
        move(Consent.objects.filter(pk=consent_id), CONSENT, ConsentState.NEEDS_REVIEW, evidence=dict(evidence))
        journal.add(
            EventType.CONSENT_NEEDS_REVIEW,
            f"consent:{consent_id}",
            codes=list(review.codes),
            policy=review.policy_version,
            evidence=evidence_commitment(consent, evidence),
        )
    consent.refresh_from_db()
    return consent


def consent_reject(
    *,
    consent_id: str,
    refusal: Refusal,
    evidence: Mapping[str, Json] | None,
    job: AnalysisJob | None = None,
    reviewer_id: str | None = None,
) -> Consent:
    """The gate, or a reviewer, said no. Final; a new consent can be drafted.

    Raises:
        Conflict: ``state_conflict``; LeaseLost.
    """
    consent = Consent.objects.select_related("owner").get(pk=consent_id)
    actor = WORKER if reviewer_id is None else account(reviewer_id)
    changes: dict[str, object] = {} if evidence is None else {"evidence": dict(evidence)}
    with recorded(actor=actor, world=consent.world) as journal:
        lock_voice(consent.voice_id)
        if job is not None:
            jobs.fail(job, refusal.code)
        move(
            Consent.objects.filter(pk=consent_id),
            CONSENT,
            ConsentState.REJECTED,
            refusal_code=refusal.code,
            refusal_detail=refusal.sentence,
            ended_at=now(),
            **changes,
        )
        _note_rejection(journal, consent, refusal, evidence)
    consent.refresh_from_db()
    return consent


def evidence_commitment(consent: Consent, evidence: Mapping[str, Json]) -> str:
    """What the log holds of the evidence: a commitment that dies with the owner's data key."""
    return vault.commit(consent.owner.data_key_id, "voices.consent.evidence", text_of(evidence))


def _note_rejection(journal: Journal, consent: Consent, refusal: Refusal, evidence: Mapping[str, Json] | None) -> None:
    journal.add(
        EventType.CONSENT_REJECTED,
        f"consent:{consent.pk}",
        codes=list(refusal.codes),
        evidence=None if evidence is None else evidence_commitment(consent, evidence),
    )
