"""Consents, the challenges they answer, and what reviewers see of them."""

from __future__ import annotations

from django.db.models import QuerySet

from safeguards import vault
from voices.models import Challenge, Consent, Review
from voices.selectors.lookup import one
from voices.selectors.operators import operator_check
from voices.states import ConsentState

STATEMENT_CONTEXT = "voices.consent.statement"


def consents_of(*, account_id: str, world: str | None = None, voice_id: str | None = None) -> QuerySet[Consent]:
    """The account's consents, newest first."""
    rows = Consent.objects.filter(owner__account_id=account_id).select_related("owner", "voice").order_by("-created_at")
    if world is not None:
        rows = rows.filter(world=world)
    return rows if voice_id is None else rows.filter(voice_id=voice_id)


def consent_get(*, account_id: str, consent_id: str) -> Consent:
    """One consent of the account.

    Raises:
        NotFound: no such consent, or a stranger's.
    """
    return one(consents_of(account_id=account_id), consent_id)


def consent_statement(*, consent: Consent) -> str:
    """The exact text to be spoken, empty once erased. The caller has looked the consent up."""
    sealed = bytes(consent.statement_sealed)
    if not sealed:
        return ""
    return vault.open(consent.owner.data_key_id, sealed, context=STATEMENT_CONTEXT).decode()


def challenge_get(*, account_id: str, challenge_id: str) -> Challenge:
    """One challenge of the account.

    Raises:
        NotFound: no such challenge, or a stranger's.
    """
    return one(Challenge.objects.filter(account_id=account_id).select_related("consent"), challenge_id)


def consents_for_review(*, operator_id: str) -> QuerySet[Consent]:
    """Borderline consents that this operator may judge: not their own, and not judged by them already; oldest first.

    Raises:
        NotFound: the account is no operator.
    """
    operator_check(operator_id=operator_id)
    rows = Consent.objects.filter(state=ConsentState.NEEDS_REVIEW).exclude(owner__account_id=operator_id)
    return rows.exclude(reviews__reviewer_id=operator_id).select_related("owner", "voice").order_by("submitted_at")


def consent_for_review(*, operator_id: str, consent_id: str) -> Consent:
    """One borderline consent that this operator may look at; also after their own judgement, while it waits for the other one.

    Raises:
        NotFound: none such, it is their own, or the account is no operator.
    """
    operator_check(operator_id=operator_id)
    rows = Consent.objects.filter(state=ConsentState.NEEDS_REVIEW).exclude(owner__account_id=operator_id)
    return one(rows.select_related("owner", "voice", "recording"), consent_id)


def consents_judged_by(*, operator_id: str) -> QuerySet[Consent]:
    """Borderline consents that this operator has judged and that wait for another one; oldest first.

    Raises:
        NotFound: the account is no operator.
    """
    operator_check(operator_id=operator_id)
    rows = Consent.objects.filter(state=ConsentState.NEEDS_REVIEW, reviews__reviewer_id=operator_id)
    return rows.select_related("owner", "voice").order_by("submitted_at")


def reviews_of(*, consent: Consent) -> QuerySet[Review]:
    """Votes on a consent, oldest first. The caller has looked the consent up."""
    return Review.objects.filter(consent=consent).order_by("created_at")
