"""Enrolments: known sentences read aloud, one recording each, then screened and trained on."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router

from vivavoce.accounts.principals import PersonPrincipal, need_person
from vivavoce.api import uploads
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.problems import NOT_FOUND, Problem
from vivavoce.api.v1.schemas.base import Before, Limit, Page, page
from vivavoce.api.v1.schemas.enrolments import EnrolmentIn, EnrolmentOut, PromptsOut, TakeOut
from voices import selectors, services
from voices.prompts import enrolment_prompts

router = Router(tags=["enrolments"], auth=CREDENTIALS)


def _owner(request: ApiRequest) -> PersonPrincipal:
    return need_person(request.auth, "owner")


@router.post("", response={201: EnrolmentOut}, summary="Start an enrolment")
def create(request: ApiRequest, payload: EnrolmentIn) -> HttpResponse:
    """Needs an active consent for the voice."""
    person = _owner(request)

    def work() -> EnrolmentOut:
        return EnrolmentOut.of(services.enrolment_start(account_id=person.account_id, voice_id=payload.voice_id))

    return answer_once(request, person, work)


@router.get("", response=Page[EnrolmentOut], summary="List your enrolments")
def index(
    request: ApiRequest, voice_id: Identifier | None = None, before: Before = None, limit: Limit = 50
) -> Page[EnrolmentOut]:
    """Newest first, of this world."""
    person = _owner(request)
    rows = selectors.enrolments_of(account_id=person.account_id, voice_id=voice_id).filter(world=person.world)
    return page(rows, before, limit, EnrolmentOut.of)


@router.get("/{enrolment_id}", response=EnrolmentOut, summary="Read an enrolment")
def read(request: ApiRequest, enrolment_id: Identifier) -> EnrolmentOut:
    """State and progress of the training."""
    row = selectors.enrolment_get(account_id=_owner(request).account_id, enrolment_id=enrolment_id)
    return EnrolmentOut.of(row)


@router.get("/{enrolment_id}/prompts", response=PromptsOut, summary="List sentences to read")
def prompts(request: ApiRequest, enrolment_id: Identifier) -> PromptsOut:
    """In the order in which they help most; a few dozen make a good voice."""
    row = selectors.enrolment_get(account_id=_owner(request).account_id, enrolment_id=enrolment_id)
    return PromptsOut(language=row.voice.language, prompts=list(enrolment_prompts(row.voice.language)))


@router.get("/{enrolment_id}/takes", response=Page[TakeOut], summary="List takes")
def takes(request: ApiRequest, enrolment_id: Identifier, before: Before = None, limit: Limit = 50) -> Page[TakeOut]:
    """Each with what its checks found."""
    enrolment = selectors.enrolment_get(account_id=_owner(request).account_id, enrolment_id=enrolment_id)
    return page(selectors.takes_of(enrolment=enrolment), before, limit, TakeOut.of)


@router.post(
    "/{enrolment_id}/takes",
    response={202: TakeOut},
    summary="Add a take",
    openapi_extra=uploads.documented(
        transcript="The sentence that was read; or as a query parameter.",
        style="Manner it was read in, such as cheerful; or as a query parameter.",
    ),
)
def add_take(
    request: ApiRequest,
    enrolment_id: Identifier,
    transcript: Annotated[
        str | None, Query(max_length=500, description="The sentence, when the body is the audio itself.")
    ] = None,
    style: Annotated[
        str | None,
        Query(
            max_length=40,
            description="Manner it was read in, by name; engines with labelled references can be asked for it.",
        ),
    ] = None,
) -> HttpResponse:
    """Checked by a worker as it comes in."""
    person = _owner(request)
    upload = uploads.receive(request)
    spoken = transcript or upload.fields.get("transcript", "")
    if not spoken or "\x00" in spoken:
        raise Problem(422, "transcript_missing", "Send the sentence that was read: transcript.")

    def work() -> TakeOut:
        row = services.take_add(
            account_id=person.account_id,
            enrolment_id=enrolment_id,
            data=upload.data,
            transcript=spoken,
            style=style or upload.fields.get("style", ""),
        )
        return TakeOut.of(row)

    return answer_once(request, person, work, status=202)


@router.get("/{enrolment_id}/takes/{take_id}", response=TakeOut, summary="Read a take")
def read_take(request: ApiRequest, enrolment_id: Identifier, take_id: Identifier) -> TakeOut:
    """What the checks found."""
    row = selectors.take_get(account_id=_owner(request).account_id, take_id=take_id)
    if row.enrolment_id != enrolment_id:
        raise Problem(*NOT_FOUND)
    return TakeOut.of(row)


@router.delete("/{enrolment_id}/takes/{take_id}", response=TakeOut, summary="Withdraw a take")
def withdraw_take(request: ApiRequest, enrolment_id: Identifier, take_id: Identifier) -> TakeOut:
    """Its recording is deleted; only while the enrolment collects."""
    account_id = _owner(request).account_id
    if selectors.take_get(account_id=account_id, take_id=take_id).enrolment_id != enrolment_id:
        raise Problem(*NOT_FOUND)
    return TakeOut.of(services.take_withdraw(account_id=account_id, take_id=take_id))


@router.post("/{enrolment_id}/submit", response={202: EnrolmentOut}, summary="Submit for training")
def submit(request: ApiRequest, enrolment_id: Identifier) -> HttpResponse:
    """Screens the takes as a whole, asks the gate, and queues the training."""
    person = _owner(request)

    def work() -> EnrolmentOut:
        return EnrolmentOut.of(services.enrolment_submit(account_id=person.account_id, enrolment_id=enrolment_id))

    return answer_once(request, person, work, status=202)


@router.post("/{enrolment_id}/abort", response=EnrolmentOut, summary="Abort an enrolment")
def abort(request: ApiRequest, enrolment_id: Identifier) -> EnrolmentOut:
    """Also while it trains: the training stops at its next step."""
    return EnrolmentOut.of(services.enrolment_abort(account_id=_owner(request).account_id, enrolment_id=enrolment_id))
