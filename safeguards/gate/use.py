"""Decisions on use: may this voice be trained, may this text be spoken with it, may this clip leave."""

from __future__ import annotations

from datetime import datetime

from safeguards.gate.facts import (
    ConsentFacts,
    GrantFacts,
    ReleaseFacts,
    RequestFacts,
    SynthesisFacts,
    TrainingFacts,
    VoiceFacts,
)
from safeguards.gate.findings import Findings
from safeguards.gate.permits import ReleasePermit, SynthesisPermit, TrainingPermit, issue
from safeguards.gate.policy import policy_for
from safeguards.gate.reasons import Reason


def permit_training(facts: TrainingFacts, now: datetime) -> TrainingPermit:
    """May a model be trained from this enrolment, or be put to use after training?

    Raises:
        Refusal: with every reason that held, heaviest first.
    """
    policy = policy_for(facts.world)
    findings = Findings()
    findings.need(facts.state in {"queued", "training"}, Reason.ENROLMENT_NOT_QUEUED)
    findings.present(facts.voice, lambda voice: check_voice_lives(findings, voice, facts.world))
    findings.present(facts.consent, lambda consent: check_consent(findings, consent, facts.world, now))
    findings.present(
        facts.takes_accepted, lambda count: findings.need(count >= policy.takes_fewest, Reason.TAKES_TOO_FEW)
    )
    findings.raise_refusal(also_borderline=True)
    return issue(TrainingPermit, subject=facts.enrolment_id, world=facts.world, policy_version=policy.version, now=now)


def permit_synthesis(facts: SynthesisFacts, now: datetime) -> SynthesisPermit:
    """May this request go on, at this moment?

    Raises:
        Refusal: with every reason that held, heaviest first.
    """
    policy = policy_for(facts.request.world)
    findings = Findings()
    _check_request(findings, facts, now)
    findings.raise_refusal(also_borderline=True)
    return issue(
        SynthesisPermit,
        subject=facts.request.request_id,
        world=facts.request.world,
        policy_version=policy.version,
        now=now,
    )


def permit_release(facts: ReleaseFacts, now: datetime) -> ReleasePermit:
    """May this finished clip be released? Asks all that ``permit_synthesis`` asks again, and that the mark is in the bytes.

    Raises:
        Refusal: with every reason that held, heaviest first.
    """
    request = facts.synthesis.request
    policy = policy_for(request.world)
    findings = Findings()
    _check_request(findings, facts.synthesis, now)
    findings.present(facts.watermark_detected, lambda found: findings.need(found is True, Reason.WATERMARK_MISSING))
    findings.present(facts.watermark_payload_matches, lambda same: findings.need(same is True, Reason.WATERMARK_WRONG))
    findings.present(facts.encoded_format, lambda name: findings.need(name == request.format, Reason.FORMAT_WRONG))
    findings.present(facts.sha256, lambda digest: findings.need(len(digest) == 64, Reason.EVIDENCE_MISSING))
    findings.raise_refusal(also_borderline=True)
    return issue(ReleasePermit, subject=request.request_id, world=request.world, policy_version=policy.version, now=now)


def check_voice_lives(findings: Findings, voice: VoiceFacts, world: str) -> None:
    """Not revoked, erased or suspended, and of this world."""
    findings.need(voice.world == world, Reason.WORLD_MISMATCH)
    ends = {
        "revoked": Reason.VOICE_REVOKED,
        "erased": Reason.VOICE_ERASED,
        "suspended": Reason.VOICE_SUSPENDED,
    }
    if voice.state in ends:
        findings.need(False, ends[voice.state])
    elif voice.state not in {"pending", "ready"}:
        findings.need(False, Reason.EVIDENCE_MISSING)


def check_consent(findings: Findings, consent: ConsentFacts, world: str, now: datetime) -> None:
    """Active, within its time, of this world, and simulated exactly in the sandbox."""
    same_world = consent.world == world and consent.simulated is (world == "sandbox")
    findings.need(same_world, Reason.WORLD_MISMATCH)
    if consent.state != "active":
        reasons = {"withdrawn": Reason.CONSENT_WITHDRAWN, "expired": Reason.CONSENT_EXPIRED}
        findings.need(False, reasons.get(consent.state, Reason.CONSENT_MISSING))
        return
    if consent.active_at is None or consent.expires_at is None:
        findings.need(False, Reason.EVIDENCE_MISSING)
        return
    findings.need(consent.active_at <= now, Reason.CONSENT_MISSING)
    findings.need(now < consent.expires_at, Reason.CONSENT_EXPIRED)


def _check_request(findings: Findings, facts: SynthesisFacts, now: datetime) -> None:
    request, voice = facts.request, facts.voice
    if voice is None:
        findings.need(False, Reason.VOICE_UNKNOWN)
        return
    check_voice_lives(findings, voice, request.world)
    if voice.is_actor:
        # The stock voice of the sandbox is nobody's: there is no one to consent.
        findings.need(voice.world == "sandbox", Reason.WORLD_MISMATCH)
        return
    findings.need(voice.state != "pending" and voice.has_model, Reason.VOICE_NOT_READY)
    if facts.consent is None:
        findings.need(False, Reason.CONSENT_MISSING)
    else:
        check_consent(findings, facts.consent, request.world, now)
        findings.need(request.purpose in facts.consent.purposes, Reason.PURPOSE_NOT_CONSENTED)
        findings.need(request.language in facts.consent.languages, Reason.LANGUAGE_NOT_CONSENTED)
    if facts.grant is None:
        findings.need(False, Reason.GRANT_MISSING)
    else:
        _check_grant(findings, facts.grant, voice, request, now)


def _check_grant(
    findings: Findings, grant: GrantFacts, voice: VoiceFacts, request: RequestFacts, now: datetime
) -> None:
    findings.need(grant.world == request.world, Reason.WORLD_MISMATCH)
    # Another organisation's grant, or one for another voice, is as good as none.
    ours = grant.organisation_id == request.organisation_id and grant.voice_id == voice.voice_id
    findings.need(ours, Reason.GRANT_MISSING)
    # What was reserved while the grant was active may be finished after the rest was used up.
    usable = {"active", "exhausted"} if request.reserved else {"active"}
    if grant.state not in usable:
        reasons = {
            "revoked": Reason.GRANT_REVOKED,
            "expired": Reason.GRANT_EXPIRED,
            "exhausted": Reason.GRANT_EXHAUSTED,
        }
        findings.need(False, reasons.get(grant.state, Reason.GRANT_NOT_ACTIVE))
    findings.need(grant.not_before <= now, Reason.GRANT_NOT_YET_VALID)
    findings.need(now < grant.expires_at, Reason.GRANT_EXPIRED)
    findings.need(request.purpose in grant.purposes, Reason.PURPOSE_NOT_GRANTED)
    findings.need(request.language in grant.languages, Reason.LANGUAGE_NOT_GRANTED)
    findings.need(request.format in grant.formats, Reason.FORMAT_NOT_GRANTED)
    if not request.reserved:
        findings.need(0 < request.characters <= grant.remaining_characters, Reason.QUOTA_EXHAUSTED)
