"""Decisions on recordings: is this a living person, this person, saying this, now."""

from __future__ import annotations

from datetime import datetime

from safeguards.evidence import (
    ChallengeEvidence,
    DuplicateEvidence,
    IdentityEvidence,
    LivenessEvidence,
    QualityEvidence,
    SpeakerEvidence,
)
from safeguards.gate.facts import (
    ChallengeFacts,
    ConsentEvidence,
    ConsistencyFacts,
    EnrolmentEvidence,
    TakeEvidence,
    WatermarkFacts,
)
from safeguards.gate.findings import Findings, NeedsReview
from safeguards.gate.permits import ConsentPermit, EnrolmentPermit, TakePermit, issue
from safeguards.gate.policy import Policy
from safeguards.gate.reasons import Reason
from safeguards.gate.use import check_consent, check_voice_lives


def permit_consent(
    evidence: ConsentEvidence, policy: Policy, now: datetime, *, approvals: frozenset[str] = frozenset()
) -> ConsentPermit | NeedsReview:
    """Judge a consent recording.

    Args:
        evidence: all that the checks said; any missing part refuses.
        policy: that of the evidence's world.
        now: reference time of the decision.
        approvals: ids of the different operators who approved it after an earlier ``NeedsReview``.

    Returns:
        A permit; or ``NeedsReview`` while something is borderline and fewer than ``policy.reviewers`` people approved.

    Raises:
        Refusal: with every reason that held, heaviest first.
        RuntimeError: the policy is another world's.
    """
    _same_world(evidence.world, policy)
    findings = Findings()
    findings.present(evidence.asked, lambda asked: _asked(findings, asked, now))
    findings.present(evidence.challenge, lambda said: _said(findings, said, evidence.asked, policy))
    findings.present(evidence.quality, lambda quality: _quality(findings, quality, policy, policy.consent_seconds))
    findings.present(evidence.consistency, lambda one: _consistency(findings, one, evidence.quality, policy))
    if evidence.first is not True:
        findings.present(evidence.speaker, lambda speaker: _speaker(findings, speaker, policy.far_pass, policy))
    findings.present(evidence.liveness, lambda liveness: _liveness(findings, liveness, policy))
    findings.present(evidence.watermark, lambda mark: _watermark(findings, mark, policy))
    findings.present(evidence.duplicate, lambda match: _duplicate(findings, match, policy))
    findings.present(evidence.identity, lambda identity: _identity(findings, identity, policy))
    findings.raise_refusal(also_borderline=False)
    if findings.borderline and len(approvals) < policy.reviewers:
        codes = tuple(findings.refusal().codes)
        return NeedsReview(evidence.consent_id, codes, policy.version)
    return issue(ConsentPermit, subject=evidence.consent_id, world=policy.world, policy_version=policy.version, now=now)


def permit_take(evidence: TakeEvidence, policy: Policy, now: datetime) -> TakePermit:
    """Judge one reading. Borderline refuses: the sentence can simply be read again.

    Raises:
        Refusal: with every reason that held, heaviest first.
        RuntimeError: the policy is another world's.
    """
    _same_world(evidence.world, policy)
    findings = Findings()
    findings.present(evidence.text, lambda text: findings.need(text.passed, Reason.TEXT_NOT_SPOKEN, text.problem))
    findings.present(evidence.quality, lambda quality: _quality(findings, quality, policy, policy.take_seconds))
    findings.present(evidence.consistency, lambda one: _consistency(findings, one, evidence.quality, policy))
    findings.present(evidence.speaker, lambda speaker: _speaker(findings, speaker, policy.far_review, policy))
    findings.present(evidence.liveness, lambda liveness: _liveness(findings, liveness, policy))
    findings.present(evidence.watermark, lambda mark: _watermark(findings, mark, policy))
    findings.present(evidence.duplicate, lambda match: _duplicate(findings, match, policy))
    findings.raise_refusal(also_borderline=True)
    return issue(TakePermit, subject=evidence.take_id, world=policy.world, policy_version=policy.version, now=now)


def permit_enrolment(evidence: EnrolmentEvidence, policy: Policy, now: datetime) -> EnrolmentPermit:
    """Judge a whole enrolment before it is queued for training. Borderline refuses: more readings can be added.

    Raises:
        Refusal: with every reason that held, heaviest first.
        RuntimeError: the policy is another world's.
    """
    _same_world(evidence.world, policy)
    findings = Findings()
    findings.need(evidence.state == "screening", Reason.ENROLMENT_NOT_QUEUED)
    findings.present(evidence.voice, lambda voice: check_voice_lives(findings, voice, evidence.world))
    findings.present(evidence.consent, lambda consent: check_consent(findings, consent, evidence.world, now))
    findings.present(
        evidence.takes_accepted, lambda count: findings.need(count >= policy.takes_fewest, Reason.TAKES_TOO_FEW)
    )
    findings.present(evidence.takes_checking, lambda count: findings.need(count == 0, Reason.TAKES_UNCHECKED))
    findings.present(
        evidence.net_seconds,
        lambda seconds: findings.need(seconds >= policy.enrolment_seconds, Reason.SPEECH_TOO_SHORT),
    )
    findings.present(evidence.speaker, lambda speaker: _speaker(findings, speaker, policy.far_pass, policy))
    findings.present(evidence.identity, lambda identity: _identity(findings, identity, policy))
    findings.raise_refusal(also_borderline=True)
    return issue(
        EnrolmentPermit, subject=evidence.enrolment_id, world=policy.world, policy_version=policy.version, now=now
    )


def _same_world(world: str, policy: Policy) -> None:
    if world != policy.world:
        raise RuntimeError(f"evidence of world {world!r} was brought before the policy of {policy.world!r}")


def _asked(findings: Findings, asked: ChallengeFacts, now: datetime) -> None:
    findings.need(asked.state == "consumed" and bool(asked.words), Reason.CHALLENGE_NOT_CONSUMED)
    if asked.answered_at is None:
        findings.need(False, Reason.EVIDENCE_MISSING)
        return
    in_time = asked.issued_at <= asked.answered_at < asked.expires_at and asked.answered_at <= now
    findings.need(in_time, Reason.CHALLENGE_LATE)


def _said(findings: Findings, said: ChallengeEvidence, asked: ChallengeFacts | None, policy: Policy) -> None:
    heard_all = said.passed and bool(said.words) and all(word.ok for word in said.words)
    right_words = asked is not None and tuple(score.word for score in said.words) == asked.words
    findings.need(heard_all and right_words, Reason.CHALLENGE_WRONG, said.problem)
    if asked is not None and asked.kind == "sentences":
        return  # the person's own sentences stand in for the statement; the evidence says so
    findings.present(
        said.statement_score,
        lambda score: findings.at_least(
            score, policy.statement_pass, policy.statement_review, Reason.STATEMENT_NOT_SPOKEN
        ),
    )


def _quality(findings: Findings, quality: QualityEvidence, policy: Policy, seconds: float) -> None:
    findings.need(quality.net_seconds >= seconds, Reason.SPEECH_TOO_SHORT, quality.problem)
    findings.at_least(quality.snr_db, policy.snr_pass, policy.snr_review, Reason.RECORDING_NOISY)
    findings.need(quality.clipped_share <= policy.clipped_most, Reason.RECORDING_CLIPPED)


def _consistency(findings: Findings, one: ConsistencyFacts, quality: QualityEvidence | None, policy: Policy) -> None:
    if one.worst_llr is not None:
        findings.at_least(
            one.worst_llr, policy.consistency_pass, policy.consistency_review, Reason.SPEAKER_INCONSISTENT
        )
        return
    # Too short to be compared with itself; then it must really be short.
    short = quality is not None and quality.net_seconds < policy.consistency_seconds
    findings.need(short, Reason.EVIDENCE_MISSING)


def _speaker(findings: Findings, speaker: SpeakerEvidence, passes: float, policy: Policy) -> None:
    if speaker.problem is not None:  # then the check says that its ratio is not to be used
        short = speaker.net_seconds < policy.take_seconds
        findings.need(False, Reason.SPEECH_TOO_SHORT if short else Reason.RECORDING_NOISY, speaker.problem)
        return
    findings.at_most(speaker.accepted_at_far, passes, policy.far_review, Reason.SPEAKER_MISMATCH)


def _liveness(findings: Findings, liveness: LivenessEvidence, policy: Policy) -> None:
    findings.at_most(liveness.p_replay, policy.replay_pass, policy.replay_review, Reason.SPEECH_REPLAYED)
    findings.at_most(liveness.splice, policy.splice_pass, policy.splice_review, Reason.RECORDING_SPLICED)
    if policy.accepts_actor:
        return
    findings.at_most(liveness.p_synthetic, policy.synthetic_pass, policy.synthetic_review, Reason.SPEECH_SYNTHETIC)
    scores = (liveness.p_synthetic, liveness.p_replay, liveness.splice)
    if not liveness.passed and policy.takes_for_alive(*scores):
        # What no score holds, such as words said before they were shown.
        findings.borderline.add(Reason.SPEECH_SYNTHETIC)


def _watermark(findings: Findings, mark: WatermarkFacts, policy: Policy) -> None:
    tolerated = policy.accepts_actor and mark.actor is True
    findings.need(mark.evidence.present is False or tolerated, Reason.RECORDING_WATERMARKED)


def _duplicate(findings: Findings, match: DuplicateEvidence, policy: Policy) -> None:
    if match.matched is False or policy.accepts_actor:
        return
    refuses = not match.score < policy.duplicate_refuse
    (findings.refused if refuses else findings.borderline).add(Reason.RECORDING_DUPLICATE)


def _identity(findings: Findings, identity: IdentityEvidence, policy: Policy) -> None:
    if identity.nearest_protected_llr is not None:
        findings.at_most(
            identity.nearest_protected_llr,
            policy.protected_llr_pass,
            policy.protected_llr_review,
            Reason.VOICE_PROTECTED,
        )
    if identity.nearest_other_llr is not None and not policy.accepts_actor:
        findings.at_most(
            identity.nearest_other_llr, policy.other_llr_pass, policy.other_llr_review, Reason.VOICE_ALREADY_ENROLLED
        )
