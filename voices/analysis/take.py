"""The analysis of one reading."""

from __future__ import annotations

from audiokit.clock import now
from safeguards import vault
from safeguards.errors import Refusal
from safeguards.evidence import QualityEvidence
from safeguards.gate import Policy, TakeEvidence, permit_take, policy_for
from voices import jobs
from voices.analysis import checks, memory
from voices.analysis.consent import record_of
from voices.evidence_json import from_json
from voices.models import AnalysisJob, Consent, Recording, Take
from voices.selectors import recording_audio, take_transcript
from voices.selectors.facts import standing_consent
from voices.services import recording_describe, take_accept, take_reject
from voices.services.templates import EMBEDDING_CONTEXT


def analyse_take(job: AnalysisJob) -> None:
    """Run all checks on the reading, ask the gate, apply.

    Raises:
        Conflict: the reading was judged or taken out meanwhile.
        LeaseLost: the job was cancelled or taken.
        Exception: a check could not be run; nothing was decided.
    """
    take = Take.objects.select_related("recording__owner", "enrolment__voice").get(pk=job.subject_id)
    policy = policy_for(take.enrolment.world)
    evidence = _evidence(job, take, policy)
    stored = record_of(evidence, policy)
    try:
        permit = permit_take(evidence, policy, now())
    except Refusal as refusal:
        take_reject(take_id=take.pk, refusal=refusal, evidence=stored, job=job)
        return
    take_accept(take_id=take.pk, permit=permit, evidence=stored, job=job)


def reject_take(job: AnalysisJob, refusal: Refusal) -> None:
    """The analysis cannot be done at all."""
    take_reject(take_id=job.subject_id, refusal=refusal, evidence=None, job=job)


def consent_speaker(consent: Consent) -> checks.Speaker | None:
    """Who spoke the consent; None when that was never told or is erased."""
    recording = Recording.objects.select_related("owner").filter(consent=consent).first()
    if recording is None or recording.embedding_sealed is None or not consent.evidence:
        return None
    quality = from_json(QualityEvidence, consent.evidence["evidence"]["quality"])
    embedding = vault.open(recording.owner.data_key_id, bytes(recording.embedding_sealed), context=EMBEDDING_CONTEXT)
    return checks.Speaker(embedding, checks.speaker_version(), quality.net_seconds, quality.snr_db)


def _evidence(job: AnalysisJob, take: Take, policy: Policy) -> TakeEvidence:
    audio = recording_audio(recording=take.recording)
    quality = checks.quality(audio, policy.take_seconds)
    watermark = checks.watermark(audio)
    jobs.renew(job, progress=0.4, note="watermark")
    speaker = checks.speaker_of(audio, quality)
    standing = standing_consent(take.enrolment.voice_id)
    known = None if standing is None else consent_speaker(standing)
    same = None if speaker is None or known is None else checks.same_speaker(known, speaker)
    consistency = checks.consistency(audio)
    liveness = checks.liveness(audio)
    jobs.renew(job, progress=0.7, note="liveness")
    fingerprint = memory.fingerprint_of(audio)
    duplicate = memory.duplicate(take.enrolment.world, take.recording.pk, fingerprint)
    text = checks.text(audio, take_transcript(take=take), take.enrolment.voice.language)
    jobs.renew(job, progress=0.9, note="text")
    recording_describe(
        recording=take.recording,
        fingerprint=fingerprint,
        embedding=None if speaker is None else speaker.embedding,
    )
    return TakeEvidence(
        take_id=take.pk,
        world=take.enrolment.world,
        text=text,
        quality=quality,
        consistency=consistency,
        speaker=same,
        liveness=liveness,
        watermark=watermark,
        duplicate=duplicate,
    )
