"""Consents, challenges, receipts, and the operators' reviews."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router

from vivavoce.accounts.principals import PersonPrincipal, need_operator, need_person
from vivavoce.api import uploads
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.problems import Problem
from vivavoce.api.v1.schemas.base import Before, Limit, Page, ReasonIn, page
from vivavoce.api.v1.schemas.consents import ChallengeIn, ChallengeOut, ConsentIn, ConsentOut, RenewIn, ReviewIn
from voices import selectors, services

router = Router(tags=["consents"], auth=CREDENTIALS)
challenges = Router(tags=["consents"], auth=CREDENTIALS)
reviews = Router(tags=["operators"], auth=CREDENTIALS)


def _owner(request: ApiRequest) -> PersonPrincipal:
    return need_person(request.auth, "owner")


@router.post("", response={201: ConsentOut}, summary="Draft a consent")
def create(request: ApiRequest, payload: ConsentIn) -> HttpResponse:
    """The answer holds the statement that the owner will speak."""
    person = _owner(request)

    def work() -> ConsentOut:
        row = services.consent_draft(account_id=person.account_id, **payload.model_dump())
        return ConsentOut.of(row)

    return answer_once(request, person, work)


@router.get("", response=Page[ConsentOut], summary="List your consents")
def index(
    request: ApiRequest, voice_id: Identifier | None = None, before: Before = None, limit: Limit = 50
) -> Page[ConsentOut]:
    """Newest first, of this world."""
    person = _owner(request)
    rows = selectors.consents_of(account_id=person.account_id, world=person.world, voice_id=voice_id)
    return page(rows, before, limit, ConsentOut.of)


@router.get("/{consent_id}", response=ConsentOut, summary="Read a consent")
def read(request: ApiRequest, consent_id: Identifier) -> ConsentOut:
    """State, scope, and what the checks found."""
    return ConsentOut.of(selectors.consent_get(account_id=_owner(request).account_id, consent_id=consent_id))


@router.post(
    "/{consent_id}/recording",
    response={202: ConsentOut},
    summary="Submit the spoken consent",
    openapi_extra=uploads.documented(
        challenge_id="The challenge it answers; or as a query parameter.",
        shown="When each word was shown, as a JSON list of seconds from the start of the recording.",
    ),
)
def submit(
    request: ApiRequest,
    consent_id: Identifier,
    challenge_id: Annotated[
        Identifier | None, Query(description="The challenge it answers, when the body is the audio itself.")
    ] = None,
) -> HttpResponse:
    """Statement, then challenge words, in one recording. The checks run in a worker; read the consent to see their outcome."""
    person = _owner(request)
    upload = uploads.receive(request)
    answered = challenge_id or upload.fields.get("challenge_id", "")
    if not answered:
        raise Problem(422, "challenge_missing", "Say which challenge this recording answers: challenge_id.")
    shown = services.shown_times(upload.fields.get("shown", ""))

    def work() -> ConsentOut:
        row = services.consent_submit(
            account_id=person.account_id,
            consent_id=consent_id,
            challenge_id=answered,
            data=upload.data,
            shown_s=shown,
        )
        return ConsentOut.of(row)

    return answer_once(request, person, work, status=202)


@router.post("/{consent_id}/withdraw", response=ConsentOut, summary="Withdraw a consent")
def withdraw(request: ApiRequest, consent_id: Identifier, payload: ReasonIn) -> ConsentOut:
    """Every use that rests on it ends now."""
    account_id = _owner(request).account_id
    return ConsentOut.of(services.consent_withdraw(account_id=account_id, consent_id=consent_id, reason=payload.reason))


@router.post("/{consent_id}/renew", response={201: ConsentOut}, summary="Renew a consent")
def renew(request: ApiRequest, consent_id: Identifier, payload: RenewIn) -> HttpResponse:
    """A new draft of the same scope, to be spoken again."""
    person = _owner(request)

    def work() -> ConsentOut:
        row = services.consent_renew(account_id=person.account_id, consent_id=consent_id, days_valid=payload.days_valid)
        return ConsentOut.of(row)

    return answer_once(request, person, work)


@router.get("/{consent_id}/receipt", response=dict[str, Any], summary="Fetch the signed receipt")
def receipt(request: ApiRequest, consent_id: Identifier) -> dict[str, object]:
    """What was consented to, when, and where in the log it stands; signed by the log's key."""
    return services.consent_receipt(account_id=_owner(request).account_id, consent_id=consent_id)


@challenges.post("", response={201: ChallengeOut}, summary="Ask for a challenge")
def issue(request: ApiRequest, payload: ChallengeIn) -> HttpResponse:
    """Random words, for this consent alone, for two minutes, once."""
    person = _owner(request)

    def work() -> ChallengeOut:
        row = services.challenge_issue(
            account_id=person.account_id, consent_id=payload.consent_id, sentences=payload.sentences
        )
        return ChallengeOut.of(row)

    return answer_once(request, person, work)


@challenges.get("/{challenge_id}", response=ChallengeOut, summary="Read a challenge")
def read_challenge(request: ApiRequest, challenge_id: Identifier) -> ChallengeOut:
    """Your own."""
    row = selectors.challenge_get(account_id=_owner(request).account_id, challenge_id=challenge_id)
    return ChallengeOut.of(row)


@reviews.get("", response=Page[ConsentOut], summary="List consents that wait for review")
def list_reviews(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[ConsentOut]:
    """For operators."""
    rows = selectors.consents_for_review(operator_id=need_operator(request.auth).account_id)
    return page(rows, before, limit, ConsentOut.of_reviewer)


@reviews.post("", response={201: ConsentOut}, summary="Judge a borderline consent")
def vote(request: ApiRequest, payload: ReviewIn) -> HttpResponse:
    """Two different operators must approve; one refusal rejects."""
    person = need_operator(request.auth)

    def work() -> ConsentOut:
        row = services.review_vote(operator_id=person.account_id, **payload.model_dump())
        return ConsentOut.of_reviewer(row)

    return answer_once(request, person, work)
