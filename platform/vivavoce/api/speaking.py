"""From an utterance to sound in the response: accept, wait, then the clip, or the windows of a stream as they come."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from django.conf import settings
from django.http.response import HttpResponseBase

from synthesis import selectors, services
from synthesis.egress import delivery
from synthesis.egress.delivery import Window
from synthesis.models import SynthesisRequest
from synthesis.states import TERMINAL, RequestState
from vivavoce.accounts.principals import AppPrincipal
from vivavoce.api import waiting
from vivavoce.api.auth import ApiRequest
from vivavoce.api.errors import to_problem
from vivavoce.api.idempotency import answer_once
from vivavoce.api.problems import Problem
from vivavoce.api.v1.schemas.synthesis import SynthesisOut
from vivavoce.streams import chunks, closing, send_file
from vivavoce.streams import stream as stream_response

StreamFormat = Literal["audio", "sse"]


class StreamBroken(Exception):
    """A stream that cannot be finished. Raised inside the response body, so that the client sees it end short."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What ``request_accept`` is told."""

    voice_id: str
    text: str
    purpose: str
    language: str
    format: str
    speed: float
    emotion: str
    seed: int | None


def speak(
    request: ApiRequest, app: AppPrincipal, utterance: Utterance, *, stream: StreamFormat | None
) -> HttpResponseBase:
    """Request the utterance and answer with its sound.

    ``Idempotency-Key`` covers the making: a retry hears the same clip, again checked for revocation.

    Raises:
        Refusal, RequestInvalid, NotFound: as ``request_accept``.
        Problem: the request ended without a clip, or takes too long (504 ``still_running``, with its ``Location``).
    """
    windows = stream is not None and utterance.format in delivery.STREAM_FORMATS

    def work() -> SynthesisOut:
        row = services.request_accept(
            organisation_id=app.organisation_id,
            api_key_id=app.key_id,
            world=app.world,
            stream=windows,
            **asdict(utterance),
        )
        return SynthesisOut.of(row)

    accepted = answer_once(request, app, work, status=202)
    if accepted.status_code >= 400:
        return accepted
    spoken = _Spoken(str(json.loads(accepted.content)["id"]), app)
    response = _in_windows(request, spoken, stream) if windows else _whole(request, spoken, stream)
    response["X-Synthesis-Id"] = spoken.request_id
    if "Idempotent-Replayed" in accepted:
        response["Idempotent-Replayed"] = "true"
    return response


@dataclass(frozen=True, slots=True)
class _Spoken:
    """One accepted request, waited for by its own app."""

    request_id: str
    app: AppPrincipal

    def row(self) -> SynthesisRequest:
        return selectors.request_get(
            request_id=self.request_id, organisation_id=self.app.organisation_id, world=self.app.world
        )

    def ended(self) -> SynthesisRequest | None:
        """The row once its state is final."""
        row = self.row()
        return row if row.state in TERMINAL else None

    def after(self, index: int) -> list[Window]:
        return delivery.stream_windows(
            request_id=self.request_id,
            organisation_id=self.app.organisation_id,
            world=self.app.world,
            after_index=index,
        )

    def finished(self) -> SynthesisRequest:
        """The released request, waited for."""
        with waiting.seat():
            row = waiting.until(self.ended, seconds=settings.VIVAVOCE_SPEECH_WAIT_SECONDS)
        if row is None:
            raise _late(self.request_id)
        _need_released(row)
        return row

    def begun(self) -> list[Window]:
        """The first windows, waited for: until they are there a refusal can still be a problem document."""

        def look() -> list[Window] | SynthesisRequest | None:
            return self.after(-1) or self.ended()

        with waiting.seat():
            first: list[Window] | SynthesisRequest | None = waiting.until(
                look, seconds=settings.VIVAVOCE_SPEECH_WAIT_SECONDS
            )
        if first is None:
            raise _late(self.request_id)
        if isinstance(first, SynthesisRequest):
            _need_released(first)
            return self.after(-1)
        return first

    def pieces(self, first: list[Window]) -> Iterator[bytes]:
        """The windows' bytes as they come. Each look checks revocation anew."""
        end = time.monotonic() + settings.VIVAVOCE_SPEECH_WAIT_SECONDS
        fresh = first
        index = -1
        while True:
            for window in fresh:
                index = window.index
                yield window.data
                if window.last:
                    return
            fresh = self._more(index, end - time.monotonic())

    def _more(self, index: int, seconds: float) -> list[Window]:
        def look() -> list[Window] | SynthesisRequest | None:
            return self.after(index) or self.ended()

        found: list[Window] | SynthesisRequest | None = waiting.until(look, seconds=seconds)
        if isinstance(found, SynthesisRequest):
            # Its last windows may have come between the two looks.
            found = self.after(index)
        if not found:
            raise StreamBroken(f"{self.request_id} did not go on after window {index}")
        return found


def _whole(request: ApiRequest, spoken: _Spoken, stream: StreamFormat | None) -> HttpResponseBase:
    """The finished file; as events where asked for."""
    clip_id = spoken.finished().clip.pk
    file = delivery.open_clip(clip_id=clip_id, organisation_id=spoken.app.organisation_id, world=spoken.app.world)
    if stream == "sse":
        response: HttpResponseBase = _event_stream(request, chunks(file, 0, file.size))
    else:
        response = send_file(request, file)
    closing(response, file.close)
    response["X-Clip-Id"] = clip_id
    return response


def _in_windows(request: ApiRequest, spoken: _Spoken, stream: StreamFormat | None) -> HttpResponseBase:
    """The stream; as events where asked for."""
    pieces = spoken.pieces(spoken.begun())
    if stream == "sse":
        return _event_stream(request, pieces)
    return stream_response(request, pieces, content_type=delivery.media_type(spoken.row().format))


def _event_stream(request: ApiRequest, pieces: Iterator[bytes]) -> HttpResponseBase:
    """The same bytes as OpenAI's server-sent events."""
    return stream_response(request, _events(pieces), content_type="text/event-stream")


def _events(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        for piece in pieces:
            yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
    except Exception as error:  # noqa: BLE001 -- the headers are gone; an event is the only way left to say why
        problem = to_problem(error)
        yield _event({"type": "error", "code": problem.code, "message": problem.detail})
        return
    # Characters are counted, not tokens; the member is there because OpenAI's client models it.
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    yield _event({"type": "speech.audio.done", "usage": usage})


def _event(body: dict[str, object]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def _need_released(row: SynthesisRequest) -> None:
    if row.state == RequestState.RELEASED:
        return
    status = 500 if row.state == RequestState.FAILED else 403
    raise Problem(status, row.refusal_code, row.refusal_detail, extra={"synthesis_id": row.pk})


def _late(request_id: str) -> Problem:
    return Problem(
        504,
        "still_running",
        "The clip is not finished yet. Its request goes on; ask for it by its id.",
        headers={"Location": f"/v1/synthesis/{request_id}", "Retry-After": "5"},
        extra={"synthesis_id": request_id},
    )
