"""Asynchronous requests for speech, the clips that come of them, and the owner's view of all uses."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status

from synthesis import selectors, services, subtitles
from synthesis.egress import delivery
from vivavoce.accounts.principals import need_app, need_person
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import MAX_PAGE, Before, Limit, Page, listing
from vivavoce.api.v1.schemas.synthesis import ClipOut, SynthesisIn, SynthesisOut, UseOut, WordOut
from vivavoce.streams import closing, send_file

router = Router(tags=["synthesis"], auth=CREDENTIALS)
clips = Router(tags=["clips"], auth=CREDENTIALS)
uses = Router(tags=["voices"], auth=CREDENTIALS)


@router.post("", response={202: SynthesisOut}, summary="Request speech")
def create(request: ApiRequest, payload: SynthesisIn) -> HttpResponse:
    """Accepted at once if the gate permits; poll it, or be told by webhook."""
    app = need_app(request.auth, "synthesis")

    def work() -> SynthesisOut:
        row = services.request_accept(
            organisation_id=app.organisation_id, api_key_id=app.key_id, world=app.world, **payload.model_dump()
        )
        return SynthesisOut.of(row)

    return answer_once(request, app, work, status=202)


@router.get("", response=Page[SynthesisOut], summary="List requests")
def index(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[SynthesisOut]:
    """Your organisation's, in this key's world."""
    app = need_app(request.auth, "synthesis")
    rows = selectors.request_list(
        organisation_id=app.organisation_id, world=app.world, limit=limit + 1, before=before or ""
    )
    return listing(rows, limit, SynthesisOut.of)


@router.get("/{request_id}", response=SynthesisOut, summary="Read a request")
def read(request: ApiRequest, request_id: Identifier) -> SynthesisOut:
    """State, and the clip or the reason why there is none."""
    app = need_app(request.auth, "synthesis")
    row = selectors.request_get(request_id=request_id, organisation_id=app.organisation_id, world=app.world)
    return SynthesisOut.of(row)


@router.post("/{request_id}/cancel", response=SynthesisOut, summary="Cancel a request")
def cancel(request: ApiRequest, request_id: Identifier) -> SynthesisOut:
    """One that has ended stays as it is."""
    app = need_app(request.auth, "synthesis")
    row = services.request_cancel(
        request_id=request_id, organisation_id=app.organisation_id, world=app.world, actor=app.actor
    )
    return SynthesisOut.of(row)


@clips.get("", response=Page[ClipOut], summary="List clips")
def list_clips(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[ClipOut]:
    """Your organisation's, in this key's world."""
    app = need_app(request.auth, "clips")
    rows = selectors.clip_list(
        organisation_id=app.organisation_id, world=app.world, limit=limit + 1, before=before or ""
    )
    return listing(rows, limit, ClipOut.of)


@clips.get("/{clip_id}", response=ClipOut, summary="Read a clip's record")
def read_clip(request: ApiRequest, clip_id: Identifier) -> ClipOut:
    """Size, digest, and its place in the log."""
    app = need_app(request.auth, "clips")
    return ClipOut.of(selectors.clip_get(clip_id=clip_id, organisation_id=app.organisation_id, world=app.world))


@clips.get(
    "/{clip_id}/audio",
    summary="Download a clip",
    openapi_extra={"responses": {200: {"description": "The audio; 206 for a range.", "content": {"audio/*": {}}}}},
)
def download(request: ApiRequest, clip_id: Identifier) -> HttpResponseBase:
    """Decrypted on the fly; ranges and entity tags work; revocation is checked each time."""
    app = need_app(request.auth, "clips")
    return clip_response(request, clip_id, app.organisation_id, app.world)


@clips.get("/{clip_id}/words", response=list[WordOut], summary="Word times of a clip")
def words(request: ApiRequest, clip_id: Identifier) -> list[WordOut]:
    """There when its request said ``timestamps``; revocation is checked each time."""
    app = need_app(request.auth, "clips")
    found = delivery.clip_words(clip_id=clip_id, organisation_id=app.organisation_id, world=app.world)
    return [WordOut(text=word.text, start=word.start, end=word.end) for word in found]


@clips.get(
    "/{clip_id}/subtitles",
    summary="Subtitles of a clip",
    openapi_extra={
        "responses": {
            200: {"description": "SubRip or WebVTT.", "content": {"text/vtt": {}, "application/x-subrip": {}}}
        }
    },
)
def clip_subtitles(request: ApiRequest, clip_id: Identifier, kind: Literal["srt", "vtt"] = "vtt") -> HttpResponse:
    """As :func:`words`, in lines that can be read."""
    app = need_app(request.auth, "clips")
    found = delivery.clip_words(clip_id=clip_id, organisation_id=app.organisation_id, world=app.world)
    if kind == "srt":
        return HttpResponse(subtitles.srt(found), content_type="application/x-subrip; charset=utf-8")
    return HttpResponse(subtitles.vtt(found), content_type="text/vtt; charset=utf-8")


@clips.delete("/{clip_id}", response={204: None}, summary="Delete a clip")
def delete(request: ApiRequest, clip_id: Identifier) -> Status[None]:
    """The bytes are gone for good; it can still be recognised."""
    app = need_app(request.auth, "clips")
    services.clip_delete(clip_id=clip_id, organisation_id=app.organisation_id, world=app.world, actor=app.actor)
    return Status(204, None)


@uses.get("", response=list[UseOut], summary="List the uses of your voices")
def list_uses(request: ApiRequest, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100) -> list[UseOut]:
    """Every request in a voice of yours, newest first."""
    person = need_person(request.auth, "owner")
    rows = selectors.uses_of_account(account_id=person.account_id, world=person.world, limit=limit)
    return [UseOut.of(row) for row in rows]


def clip_response(request: HttpRequest, clip_id: str, organisation_id: str, world: str) -> HttpResponseBase:
    """A clip as a download."""
    file = delivery.open_clip(clip_id=clip_id, organisation_id=organisation_id, world=world)
    response = send_file(request, file)
    closing(response, file.close)
    return response
