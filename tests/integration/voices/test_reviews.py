"""Borderline consents: two different people, neither of them the owner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audiokit.clock import now
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from safeguards.gate import LIVE, NeedsReview, permit_consent
from tests.factories import accounts, evidence
from tests.factories import voices as make
from voices import selectors, services
from voices.errors import Conflict, Invalid, NotFound
from voices.evidence_json import to_json
from voices.models import Consent

pytestmark = pytest.mark.django_db


def borderline(consent_id: str, facts):
    found = evidence.consent_evidence(consent_id, "live", facts=facts)
    middle = (LIVE.synthetic_pass + LIVE.synthetic_review) / 2
    return replace(found, liveness=replace(found.liveness, p_synthetic=middle))


@pytest.fixture
def held() -> Consent:
    consent, job = make.verifying(world="live")
    found = borderline(consent.pk, make.asked(consent))
    review = permit_consent(found, LIVE, now())
    assert isinstance(review, NeedsReview)
    return services.consent_hold(consent_id=consent.pk, review=review, evidence={"evidence": to_json(found)}, job=job)


def operator() -> str:
    return accounts.user(operator=True).pk


def vote(consent: Consent, by: str, *, approve: bool = True, reason: str = "Clear speech.") -> Consent:
    return services.review_vote(operator_id=by, consent_id=consent.pk, approve=approve, reason=reason)


def test_two_approvals_activate_it_and_one_does_not(held):
    first = vote(held, operator())
    assert first.state == "needs_review"
    second = vote(held, operator())
    assert second.state == "active"
    kinds = Entry.objects.filter(subject=f"consent:{held.pk}").order_by("index").values_list("type", flat=True)
    assert list(kinds)[-3:] == [EventType.REVIEW_VOTED, EventType.REVIEW_VOTED, EventType.CONSENT_ACTIVATED]


def test_the_same_person_twice_is_one_person(held):
    somebody = operator()
    vote(held, somebody)
    with pytest.raises(Conflict, match="already_reviewed"):
        vote(held, somebody)
    held.refresh_from_db()
    assert held.state == "needs_review"


def test_one_rejection_rejects(held):
    vote(held, operator())
    assert vote(held, operator(), approve=False).state == "rejected"
    with pytest.raises(Conflict, match="state_conflict"):
        vote(held, operator())


def test_an_operator_does_not_review_their_own_consent_and_does_not_find_it_in_the_list(held):
    own = held.owner.account
    own.is_operator = True
    own.save()
    with pytest.raises(NotFound):
        vote(held, own.pk)
    assert not selectors.consents_for_review(operator_id=own.pk).exists()


def test_nobody_but_operators_reviews(held):
    with pytest.raises(NotFound):
        vote(held, accounts.user().pk)
    with pytest.raises(NotFound):
        selectors.consents_for_review(operator_id=accounts.user(auditor=True).pk)


def test_an_operator_whose_account_was_closed_reviews_no_more(held):
    person = accounts.user(operator=True)
    person.is_active = False
    person.save()
    with pytest.raises(NotFound):
        vote(held, person.pk)


def test_a_judgement_needs_a_reason(held):
    with pytest.raises(Invalid, match="reason_missing"):
        vote(held, operator(), reason="   ")


def test_the_list_leaves_out_what_one_has_judged(held):
    somebody = operator()
    assert list(selectors.consents_for_review(operator_id=somebody)) == [held]
    vote(held, somebody)
    assert not selectors.consents_for_review(operator_id=somebody).exists()


def test_the_gate_is_asked_again_and_its_refusal_outweighs_both_reviewers(held):
    spoiled = dict(held.evidence)
    spoiled["evidence"]["watermark"]["evidence"]["present"] = True
    Consent.objects.filter(pk=held.pk).update(evidence=spoiled)
    vote_by = operator()
    with pytest.raises(Refusal, match="recording_watermarked"):
        vote(held, vote_by)
    held.refresh_from_db()
    assert (held.state, held.refusal_code) == ("rejected", "recording_watermarked")


def test_a_withdrawal_before_the_second_vote_wins(held):
    vote(held, operator())
    services.consent_withdraw(account_id=held.owner.account_id, consent_id=held.pk)
    with pytest.raises(Conflict):
        vote(held, operator())
    held.refresh_from_db()
    assert held.state == "withdrawn"


def test_a_reviewer_hears_the_recording_and_the_log_says_who_did(held):
    somebody = operator()
    assert services.review_listen(operator_id=somebody, consent_id=held.pk).startswith(b"fLaC")
    opened = Entry.objects.filter(type=EventType.REVIEW_OPENED, subject=f"consent:{held.pk}").get()
    assert opened.actor == f"account:{somebody}"
    vote(held, somebody)
    assert services.review_listen(operator_id=somebody, consent_id=held.pk)
    assert list(selectors.consents_judged_by(operator_id=somebody)) == [held]


def test_nobody_else_hears_it_and_nobody_hears_it_afterwards(held):
    own = held.owner.account
    own.is_operator = True
    own.save()
    for stranger in (own.pk, accounts.user().pk):
        with pytest.raises(NotFound):
            services.review_listen(operator_id=stranger, consent_id=held.pk)
    vote(held, operator(), approve=False)
    with pytest.raises(NotFound):
        services.review_listen(operator_id=operator(), consent_id=held.pk)
