"""Speech in one call, for clients written for OpenAI's or ElevenLabs' services.

Both wait for the released clip. With ``stream_format`` (or ElevenLabs' ``/stream``) the pieces that have been marked and checked leave while
the rest is still being made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from django.http.response import HttpResponseBase
from ninja import Query, Router

from synthesis.controls import EMOTIONS
from vivavoce.accounts.principals import AppPrincipal, need_app
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.identifiers import Identifier
from vivavoce.api.problems import Problem
from vivavoce.api.speaking import Utterance, speak
from vivavoce.api.v1.schemas.speech import SpeechIn, TextToSpeechIn
from vivavoce.api.v1.schemas.synthesis import Format
from voices.selectors import grants_of_app

openai = Router(tags=["speech"], auth=CREDENTIALS)
elevenlabs = Router(tags=["speech"], auth=CREDENTIALS)
_AUDIO = {"responses": {200: {"description": "The audio.", "content": {"audio/*": {}, "text/event-stream": {}}}}}
OutputFormat = Annotated[str, Query(max_length=40, description="The codec counts; rate and bit rate are ours.")]
_FORMATS: dict[str, Format] = {"mp3": "mp3", "opus": "opus", "pcm": "pcm", "wav": "wav", "aac": "aac", "flac": "flac"}


@dataclass(frozen=True, slots=True)
class _Scope:
    purpose: str
    language: str


@openai.post("/speech", summary="Speak (OpenAI clients)", openapi_extra=_AUDIO)
def speech(request: ApiRequest, payload: SpeechIn) -> HttpResponseBase:
    """The stock ``openai`` client works with this platform's address as its base URL and a voice's id as ``voice``."""
    app = need_app(request.auth, "synthesis")
    scope = _scope(app, payload.voice_id, payload.purpose, payload.language)
    emotion = _emotion(payload.instructions)
    utterance = Utterance(
        voice_id=payload.voice_id,
        text=payload.input,
        purpose=scope.purpose,
        language=scope.language,
        format=payload.response_format,
        speed=payload.speed,
        emotion=emotion,
        seed=payload.seed,
    )
    response = speak(request, app, utterance, stream=payload.stream_format)
    if payload.instructions:
        response["X-Instructions"] = f"applied; emotion={emotion}" if emotion else "without effect"
    return response


@elevenlabs.post("/{voice_id}", summary="Speak (ElevenLabs clients)", openapi_extra=_AUDIO)
def text_to_speech(
    request: ApiRequest,
    voice_id: Identifier,
    payload: TextToSpeechIn,
    output_format: OutputFormat = "mp3_44100_128",
) -> HttpResponseBase:
    """The finished file."""
    app, utterance = _elevenlabs(request, voice_id, payload, output_format)
    return speak(request, app, utterance, stream=None)


@elevenlabs.post("/{voice_id}/stream", summary="Speak piece by piece (ElevenLabs clients)", openapi_extra=_AUDIO)
def text_to_speech_stream(
    request: ApiRequest,
    voice_id: Identifier,
    payload: TextToSpeechIn,
    output_format: OutputFormat = "mp3_44100_128",
) -> HttpResponseBase:
    """Pieces as they are marked and checked."""
    app, utterance = _elevenlabs(request, voice_id, payload, output_format)
    return speak(request, app, utterance, stream="audio")


def _elevenlabs(
    request: ApiRequest, voice_id: str, payload: TextToSpeechIn, output_format: str
) -> tuple[AppPrincipal, Utterance]:
    app = need_app(request.auth, "synthesis")
    codec = _FORMATS.get(output_format.partition("_")[0])
    if codec is None:
        raise Problem(422, "format_unknown", f"Choose an output_format of one of {', '.join(_FORMATS)}.")
    scope = _scope(app, voice_id, payload.purpose, payload.language_code)
    utterance = Utterance(
        voice_id=voice_id,
        text=payload.text,
        purpose=scope.purpose,
        language=scope.language,
        format=codec,
        speed=payload.voice_settings.speed,
        emotion="",
        seed=payload.seed,
    )
    return app, utterance


def _scope(app: AppPrincipal, voice_id: str, purpose: str | None, language: str | None) -> _Scope:
    """These clients know no purpose: where the app's live grants for the voice leave one choice only, that is meant.

    Raises:
        Problem: 422 ``purpose_needed``.
    """
    if purpose is not None and language is not None:
        return _Scope(purpose, language)
    grants = grants_of_app(organisation_id=app.organisation_id, world=app.world, state="active").filter(
        voice_id=voice_id
    )
    rows = list(grants.values_list("purposes", "languages"))
    purposes = {word for row in rows for word in row[0]}
    languages = {word for row in rows for word in row[1]}
    if purpose is None and len(purposes) > 1:
        known = ", ".join(sorted(purposes))
        raise Problem(422, "purpose_needed", f"Say which of the granted purposes this is for, as 'purpose': {known}.")
    return _Scope(
        purpose=next(iter(purposes), "") if purpose is None else purpose,
        language=(next(iter(languages)) if len(languages) == 1 else "en") if language is None else language,
    )


def _emotion(instructions: str) -> str:
    words = set(re.findall(r"[a-z]+", instructions.lower()))
    return next((emotion for emotion in EMOTIONS if emotion in words), "")
