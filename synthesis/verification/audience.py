"""Who may learn how much (DESIGN §1). The cut is made before the answer is stored: what nobody may know is in no row."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from synthesis.models import SynthesisRequest, VerifyJob
from synthesis.verification.findings import Judgement, Technique
from synthesis.verification.techniques import OPERATING_RATES

_SENTENCES = {
    "generated_here": "This sound, or part of it, was generated on this platform.",
    "not_detected": "Nothing shows that this sound was generated on this platform. That does not mean that a human spoke it.",
    "inconclusive": "It cannot be said whether this sound was generated on this platform.",
}


def for_public(judgement: Judgement, techniques: list[Technique]) -> dict[str, Any]:
    """Verdict, which technique saw something, and how often that technique errs at all; never when, who or which app."""
    return {
        "verdict": str(judgement.verdict),
        "explanation": _SENTENCES[judgement.verdict],
        "techniques": [
            {
                "name": technique.name,
                "outcome": str(technique.outcome),
                "operating_rate": OPERATING_RATES.get(technique.name),
            }
            for technique in techniques
        ],
    }


def for_app(judgement: Judgement, techniques: list[Technique], organisation_id: str) -> dict[str, Any]:
    """As the public; and of its own clips, which one, when and where in the sound."""
    answer = for_public(judgement, techniques)
    own = (
        SynthesisRequest.objects.select_related("clip")
        .filter(pk=judgement.request_id, organisation_id=organisation_id)
        .first()
        if judgement.request_id
        else None
    )
    if own is None:
        return answer
    clip = getattr(own, "clip", None)
    return answer | {
        "request": own.pk,
        "clip": clip.pk if clip else None,
        "released_at": clip.released_at.isoformat() if clip else None,
        "conflicts": [str(conflict) for conflict in judgement.conflicts],
        "techniques": [_measured(technique) for technique in techniques],
    }


def for_auditor(judgement: Judgement, techniques: list[Technique]) -> dict[str, Any]:
    """All that the techniques saw, and what contradicts what. The chain is added by the caller."""
    return for_public(judgement, techniques) | {
        "conflicts": [str(conflict) for conflict in judgement.conflicts],
        "techniques": [_measured(technique) | {"detail": technique.detail} for technique in techniques],
    }


def cut(job: VerifyJob, judgement: Judgement, techniques: list[Technique]) -> dict[str, Any]:
    """The answer as the one who asked may know it."""
    if job.audience == VerifyJob.Audience.AUDITOR:
        return for_auditor(judgement, techniques)
    if job.audience == VerifyJob.Audience.APP:
        return for_app(judgement, techniques, job.asked_by)
    return for_public(judgement, techniques)


def _measured(technique: Technique) -> dict[str, Any]:
    return {
        "name": technique.name,
        "outcome": str(technique.outcome),
        "operating_rate": OPERATING_RATES.get(technique.name),
        "version": technique.version,
        "spans": [[round(start, 3), round(end, 3)] for start, end in technique.spans],
        "false_positive_rate": technique.false_positive_rate,
        "error_rates": [asdict(measure) for measure in technique.errors],
    }
