"""The analysis of a consent recording."""

from __future__ import annotations

from dataclasses import asdict

from audiokit.clock import now
from safeguards.errors import Refusal
from safeguards.gate import ChallengeFacts, ConsentEvidence, NeedsReview, Policy, permit_consent, policy_for
from voices import jobs
from voices.analysis import checks, memory
from voices.evidence_json import Json, to_json
from voices.models import AnalysisJob, Challenge, Consent, Recording, SpeakerTemplate
from voices.selectors import consent_statement, recording_audio
from voices.services import consent_activate, consent_hold, consent_reject, consent_verify, recording_describe
from voices.states import ChallengeState


def analyse_consent(job: AnalysisJob) -> None:
    """Run all checks on the recording, ask the gate, apply.

    Raises:
        Conflict: the consent ended meanwhile.
        LeaseLost: the job did.
        Exception: a check could not be run; nothing was decided.
    """
    consent = consent_verify(consent_id=job.subject_id)
    recording = Recording.objects.select_related("owner").get(consent=consent)
    policy = policy_for(consent.world)
    evidence, template = _evidence(job, consent, recording, policy)
    stored = record_of(evidence, policy)
    try:
        found = permit_consent(evidence, policy, now())
    except Refusal as refusal:
        consent_reject(consent_id=consent.pk, refusal=refusal, evidence=stored, job=job)
        return
    if isinstance(found, NeedsReview):
        consent_hold(consent_id=consent.pk, review=found, evidence=stored | {"review": list(found.codes)}, job=job)
        return
    consent_activate(consent_id=consent.pk, permit=found, evidence=stored, template=template, job=job)


def reject_consent(job: AnalysisJob, refusal: Refusal) -> None:
    """The analysis cannot be done at all."""
    consent_verify(consent_id=job.subject_id)
    consent_reject(consent_id=job.subject_id, refusal=refusal, evidence=None, job=job)


def record_of(evidence: object, policy: Policy) -> dict[str, Json]:
    """Evidence and the thresholds it was judged by, as stored in the row."""
    return {"evidence": to_json(evidence), "policy": asdict(policy)}


def _evidence(
    job: AnalysisJob, consent: Consent, recording: Recording, policy: Policy
) -> tuple[ConsentEvidence, tuple[bytes, str] | None]:
    asked = _asked(consent)
    audio = recording_audio(recording=recording)
    jobs.renew(job, progress=0.1, note="quality")
    quality = checks.quality(audio, policy.consent_seconds)
    watermark = checks.watermark(audio)
    jobs.renew(job, progress=0.3, note="watermark")
    speaker = checks.speaker_of(audio, quality)
    consistency = checks.consistency(audio)
    jobs.renew(job, progress=0.5, note="speaker")
    fingerprint = memory.fingerprint_of(audio)
    duplicate = memory.duplicate(consent.world, recording.pk, fingerprint)
    jobs.renew(job, progress=0.7, note="fingerprint")
    known = _known_speaker(consent, speaker)
    same = None if known is None or speaker is None else checks.same_speaker(known, speaker)
    said = None
    if asked is not None:
        # A demonstration's own sentences stand in for the statement; the evidence names the kind.
        statement = consent_statement(consent=consent) if asked.kind == Challenge.Kind.WORDS else None
        said = checks.challenge(audio, asked.words, statement, consent.text_language)
    jobs.renew(job, progress=0.8, note="challenge")
    liveness = checks.liveness(audio, None if asked is None else asked.shown_s, said)
    identity = None
    if speaker is not None:
        identity = memory.identity(consent.world, consent.owner.account_id, speaker.embedding)
    jobs.renew(job, progress=0.9, note="liveness")
    recording_describe(
        recording=recording, fingerprint=fingerprint, embedding=None if speaker is None else speaker.embedding
    )
    evidence = ConsentEvidence(
        consent_id=consent.pk,
        world=consent.world,
        first=not SpeakerTemplate.objects.filter(owner=consent.owner).exists(),
        asked=asked,
        challenge=said,
        quality=quality,
        consistency=consistency,
        speaker=same,
        liveness=liveness,
        watermark=watermark,
        duplicate=duplicate,
        identity=identity,
    )
    return evidence, None if speaker is None else (speaker.embedding, speaker.version)


def _known_speaker(consent: Consent, heard: checks.Speaker | None) -> checks.Speaker | None:
    """How the owner is known already, most like what was heard now; None the first time."""
    if heard is None:
        return None
    known = [
        checks.Speaker(memory.template_of(row), row.version, heard.net_seconds, heard.snr_db)
        for row in SpeakerTemplate.objects.filter(owner=consent.owner).select_related("owner")
    ]
    return max(known, key=lambda one: float(one.known @ heard.heard), default=None)


def _asked(consent: Consent) -> ChallengeFacts | None:
    row = Challenge.objects.filter(consent=consent, state=ChallengeState.CONSUMED).first()
    if row is None:
        return None
    return ChallengeFacts(
        challenge_id=row.pk,
        state=row.state,
        kind=row.kind,
        words=tuple(row.words),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        answered_at=row.ended_at,
        shown_s=None if row.shown_s is None else tuple(row.shown_s),
    )
