"""Every use of a voice, each clip to be heard; and hearing one's own voice."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from synthesis import selectors as spoken
from synthesis.egress import delivery
from synthesis.models import SynthesisRequest
from synthesis.states import TERMINAL
from vivavoce import listening, streams
from vivavoce.web.forms import ListenForm
from vivavoce.web.session import page, person
from voices import selectors

PAGE = 50


@require_GET
@page
def clips(request: HttpRequest, voice_id: str) -> HttpResponse:
    """What was made with this voice, newest first."""
    who = person(request)
    found = selectors.voice_get(account_id=who.account_id, voice_id=voice_id)
    before = request.GET.get("before", "")
    rows = spoken.uses_of_account(account_id=who.account_id, voice_id=voice_id, limit=PAGE + 1, before=before)
    return render(
        request,
        "web/owner/clips.html",
        {
            "voice": found,
            "tab": "voice-clips",
            "uses": rows[:PAGE],
            "more": rows[PAGE - 1].pk if len(rows) > PAGE else "",
        },
    )


@require_GET
@page
def audio(request: HttpRequest, clip_id: str) -> HttpResponseBase:
    """The sound of a clip in one's own voice; it leaves through the one exit."""
    file = delivery.open_clip_as_owner(clip_id=clip_id, account_id=person(request).account_id)
    try:
        answer = streams.send_file(request, file, inline=True)
    except streams.RangeNotSatisfiable as error:
        file.close()
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{error.size}"
        return refused
    streams.closing(answer, file.close)
    return answer


@require_POST
@page
def listen(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Say something in one's own voice."""
    form = ListenForm(request.POST)
    if not form.is_valid():
        return render(request, "web/parts/problem.html", {"sentence": form.errors["text"][0]}, status=422)
    asked = listening.listen(person=person(request), voice_id=voice_id, **form.cleaned_data)
    if not request.headers.get("HX-Request"):
        return redirect("voice-clips", voice_id)
    return _heard(request, asked)


@require_GET
@page
def heard(request: HttpRequest, voice_id: str, request_id: str) -> HttpResponse:
    """Polled while it is rendered."""
    return _heard(request, listening.heard(person=person(request), voice_id=voice_id, request_id=request_id))


def _heard(request: HttpRequest, asked: SynthesisRequest) -> HttpResponse:
    return render(request, "web/owner/parts/heard.html", {"asked": asked, "pending": asked.state not in TERMINAL})
