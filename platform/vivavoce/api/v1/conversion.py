"""Voice conversion: what somebody said, in a voice."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router

from synthesis import services
from vivavoce.accounts.principals import need_app
from vivavoce.api import uploads
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In
from vivavoce.api.v1.schemas.synthesis import Format, SynthesisOut

router = Router(tags=["synthesis"], auth=CREDENTIALS)


class ConversionIn(In):
    """Query parameters."""

    purpose: str = ""
    language: str = "en"
    format: Format = "mp3"
    seed: int | None = None
    grant_id: Identifier | None = None
    transcript: str = ""


@router.post(
    "/{voice_id}",
    response={202: SynthesisOut},
    summary="Convert speech",
    openapi_extra=uploads.documented(transcript="What is said in the recording, where known; or as a query parameter."),
)
def convert(request: ApiRequest, voice_id: Identifier, query: Annotated[ConversionIn, Query()]) -> HttpResponse:
    """A WAV file of PCM samples, at most two minutes, said in the voice. Gated, counted (15 characters a second), marked and logged as a text is."""
    app = need_app(request.auth, "synthesis")
    upload = uploads.receive(request)

    def work() -> SynthesisOut:
        row = services.conversion_accept(
            organisation_id=app.organisation_id,
            api_key_id=app.key_id,
            world=app.world,
            voice_id=voice_id,
            source=upload.data,
            purpose=query.purpose,
            language=query.language,
            format=query.format,
            transcript=query.transcript or upload.fields.get("transcript", ""),
            seed=query.seed,
            grant_id=query.grant_id,
        )
        return SynthesisOut.of(row)

    return answer_once(request, app, work, status=202)
