"""The analysis of a whole enrolment: the accepted readings together."""

from __future__ import annotations

from audiokit.clock import now
from safeguards import vault
from safeguards.errors import Refusal
from safeguards.evidence import QualityEvidence
from safeguards.gate import EnrolmentEvidence, permit_enrolment, policy_for
from voices import jobs
from voices.analysis import checks, memory
from voices.analysis.take import consent_speaker
from voices.errors import Conflict
from voices.evidence_json import from_json
from voices.models import AnalysisJob, Enrolment, Take
from voices.selectors import training_facts
from voices.selectors.facts import standing_consent
from voices.services import enrolment_accept, enrolment_send_back
from voices.services.templates import EMBEDDING_CONTEXT
from voices.states import EnrolmentState


def analyse_enrolment(job: AnalysisJob) -> None:
    """Put the readings together, ask the gate, apply.

    Raises:
        Conflict: the enrolment is not being screened any more.
        LeaseLost: the job was cancelled or taken.
        Exception: a check could not be run; nothing was decided.
    """
    enrolment = Enrolment.objects.select_related("voice__owner").get(pk=job.subject_id)
    if enrolment.state != EnrolmentState.SCREENING:
        raise Conflict("state_conflict", "This enrolment is not being screened.")
    checking = Take.objects.filter(enrolment=enrolment, state=Take.State.CHECKING)
    if checking.exists() and jobs.postpone(job, seconds=WAIT_SECONDS):
        return  # their analyses were queued before this one
    evidence, template = _evidence(job, enrolment)
    try:
        permit = permit_enrolment(evidence, policy_for(enrolment.world), now())
    except Refusal as refusal:
        enrolment_send_back(enrolment_id=enrolment.pk, refusal=refusal, job=job)
        return
    if template is None:
        raise RuntimeError("the gate let an enrolment through in which nobody was heard")
    enrolment_accept(enrolment_id=enrolment.pk, permit=permit, template=template, job=job)


def send_enrolment_back(job: AnalysisJob, refusal: Refusal) -> None:
    """The analysis cannot be done at all."""
    enrolment_send_back(enrolment_id=job.subject_id, refusal=refusal, job=job)


WAIT_SECONDS = 5.0


def _evidence(job: AnalysisJob, enrolment: Enrolment) -> tuple[EnrolmentEvidence, tuple[bytes, str] | None]:
    facts = training_facts(enrolment_id=enrolment.pk)
    accepted = list(
        Take.objects.filter(enrolment=enrolment, state=Take.State.ACCEPTED).select_related("recording__owner")
    )
    together = _together(accepted)
    consent = standing_consent(enrolment.voice_id)
    known = None if consent is None else consent_speaker(consent)
    jobs.renew(job, progress=0.5, note="speaker")
    owner = enrolment.voice.owner
    same = identity = None
    if together is not None and owner is not None:
        same = None if known is None else checks.same_speaker(known, together)
        identity = memory.identity(enrolment.world, owner.account_id, together.embedding)
    evidence = EnrolmentEvidence(
        enrolment_id=enrolment.pk,
        world=enrolment.world,
        state=enrolment.state,
        voice=facts.voice,
        consent=facts.consent,
        takes_accepted=facts.takes_accepted,
        takes_checking=Take.objects.filter(enrolment=enrolment, state=Take.State.CHECKING).count(),
        net_seconds=0.0 if together is None else together.net_seconds,
        speaker=same,
        identity=identity,
    )
    return evidence, None if together is None else (together.embedding, together.version)


def _together(takes: list[Take]) -> checks.Speaker | None:
    """All accepted readings as one speaker."""
    embeddings: list[bytes] = []
    seconds, snr = 0.0, float("inf")
    for take in takes:
        if take.recording.embedding_sealed is None or not take.evidence:
            continue
        quality = from_json(QualityEvidence, take.evidence["evidence"]["quality"])
        key = take.recording.owner.data_key_id
        sealed = bytes(take.recording.embedding_sealed)
        embeddings.append(vault.open(key, sealed, context=EMBEDDING_CONTEXT))
        seconds += quality.net_seconds
        snr = min(snr, quality.snr_db)
    if not embeddings:
        return None
    return checks.Speaker(checks.mean(embeddings), checks.speaker_version(), seconds, snr)
