"""The playground: a text in a voice, heard while it is rendered, and the same request as lines to copy."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from synthesis import selectors, services
from synthesis.egress import delivery
from synthesis.models import SynthesisRequest
from synthesis.states import TERMINAL
from vivavoce import streams
from vivavoce.web.examples import speech
from vivavoce.web.forms import PlaygroundForm
from vivavoce.web.organisations import CONSOLE_KEY, Place, place
from vivavoce.web.session import page
from voices.selectors import grants_of_app, voices_of_app
from voices.states import GrantState, VoiceState


@require_http_methods(["GET", "POST"])
@page
def playground(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """The form; posted by the page's script, where to listen."""
    here = place(request, organisation_id)
    form = PlaygroundForm(request.POST or None, voices=_voices(here))
    if request.method == "POST" and form.is_valid():
        asked = dict(form.cleaned_data)
        stream = asked.pop("stream") and asked["format"] in delivery.STREAM_FORMATS
        row = services.request_accept(
            organisation_id=organisation_id, api_key_id=CONSOLE_KEY, world=here.world, stream=stream, **asked
        )
        if not request.headers.get("HX-Request"):
            return redirect("playground-request", organisation_id, row.pk)
        where = [organisation_id, row.pk]
        return JsonResponse(
            {
                "format": row.format if stream else "",
                "windows": reverse("playground-windows", args=where),
                "result": reverse("playground-request", args=where),
            }
        )
    if form.is_bound and request.headers.get("HX-Request"):
        sentence = next(iter(form.errors.values()))[0]
        return render(request, "web/parts/problem.html", {"sentence": sentence}, status=422)
    return render(request, "web/developer/playground.html", here.context("playground", form=form))


def _voices(here: Place) -> list[tuple[str, str]]:
    """Voices that can be spoken in now: those with a live grant, and in the sandbox the actor."""
    granted = set(
        grants_of_app(organisation_id=here.organisation.pk, world=here.world, state=GrantState.ACTIVE).values_list(
            "voice_id", flat=True
        )
    )
    rows = voices_of_app(organisation_id=here.organisation.pk, world=here.world).filter(state=VoiceState.READY)
    return [(row.pk, row.label if row.is_actor else row.pk) for row in rows if row.is_actor or row.pk in granted]


@require_GET
@page
def windows(request: HttpRequest, organisation_id: str, request_id: str) -> HttpResponse:
    """What has been marked and checked since window ``after``: 200 with bytes, 204 when there is nothing new yet."""
    here = place(request, organisation_id)
    after = request.GET.get("after", "-1")
    found = delivery.stream_windows(
        request_id=request_id,
        organisation_id=organisation_id,
        world=here.world,
        after_index=int(after) if after.lstrip("-").isdigit() else -1,
    )
    ended = bool(found) and found[-1].last
    if not found:
        row = selectors.request_get(request_id=request_id, organisation_id=organisation_id, world=here.world)
        ended = row.state in TERMINAL
    answer = HttpResponse(
        b"".join(window.data for window in found),
        status=200 if found else 204,
        content_type="application/octet-stream",
    )
    if found:
        answer["X-Window"] = str(found[-1].index)
    answer["X-Ended"] = "1" if ended else "0"
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@page
def result(request: HttpRequest, organisation_id: str, request_id: str) -> HttpResponse:
    """How far a request is; at the end its clip and the lines that ask for the same."""
    here = place(request, organisation_id)
    row = selectors.request_get(request_id=request_id, organisation_id=organisation_id, world=here.world)
    shown = here.context("playground", asked=row, pending=row.state not in TERMINAL, examples=_examples(request, row))
    part = request.headers.get("HX-Request")
    return render(request, f"web/developer/{'parts/spoken' if part else 'spoken'}.html", shown)


def _examples(request: HttpRequest, row: SynthesisRequest) -> list[object]:
    body: dict[str, object] = {
        "model": "vivavoce",
        "voice": row.voice_id,
        "input": selectors.request_text(row) or "",
        "response_format": row.format,
        "speed": row.speed,
        "purpose": row.purpose,
        "language": row.language,
    }
    if row.emotion:
        body["instructions"] = row.emotion
    if row.stream:
        body["stream_format"] = "audio"
    if not row.purpose:
        del body["purpose"]
    return list(speech(base=request.build_absolute_uri("/").rstrip("/"), body=body))


@require_GET
@page
def clip(request: HttpRequest, organisation_id: str, clip_id: str) -> HttpResponseBase:
    """A clip of the organisation's own, through the one exit."""
    here = place(request, organisation_id)
    file = delivery.open_clip(clip_id=clip_id, organisation_id=organisation_id, world=here.world)
    try:
        answer = streams.send_file(request, file, inline="download" not in request.GET)
    except streams.RangeNotSatisfiable as error:
        file.close()
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{error.size}"
        return refused
    streams.closing(answer, file.close)
    return answer
