"""Which reasons a recording's evidence gave, judged once more under the policy that was stored with it: for the list of checks a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from safeguards.errors import Refusal
from safeguards.gate import ConsentEvidence, NeedsReview, Policy, TakeEvidence, permit_consent, permit_take
from voices.evidence_json import from_json
from voices.models import Consent, Take

Evidence = TypeVar("Evidence", ConsentEvidence, TakeEvidence)


def consent_codes(*, consent: Consent) -> frozenset[str] | None:
    """Reason codes that refused or were borderline; empty when all checks passed, None where nothing was judged.

    The caller has looked the consent up.
    """

    def judge(found: ConsentEvidence, policy: Policy) -> object:
        answered = None if found.asked is None else found.asked.answered_at
        return permit_consent(found, policy, answered or consent.created_at)

    return _codes(consent.evidence, ConsentEvidence, judge)


def take_codes(*, take: Take) -> frozenset[str] | None:
    """As ``consent_codes``, for a reading. The caller has looked the take up."""
    return _codes(take.evidence, TakeEvidence, lambda found, policy: permit_take(found, policy, take.created_at))


def _codes(stored: object, kind: type[Evidence], judge: Callable[[Evidence, Policy], object]) -> frozenset[str] | None:
    if not isinstance(stored, dict) or "evidence" not in stored:
        return None
    try:
        evidence = from_json(kind, stored["evidence"])
        policy = Policy(**stored["policy"])
    except (ValueError, TypeError, KeyError):
        return None  # evidence of an older shape; its refusal stands in the row, in words
    try:
        found = judge(evidence, policy)
    except Refusal as refusal:
        return frozenset(refusal.codes)
    return frozenset(found.codes) if isinstance(found, NeedsReview) else frozenset()
