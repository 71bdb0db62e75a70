"""Was this clip made here? For anybody, who learns no more than that."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from audiokit import AudioError
from synthesis import selectors, services
from synthesis.errors import RequestInvalid
from vivavoce.web.roles import limited, public_form
from vivavoce.web.uploads import recording, refused
from voices.errors import NotFound


@public_form
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The page; needs no account and never tells who. Limited per address, as the API is."""
    if request.method == "GET":
        return _page(request)
    wait = limited(request)
    if wait is not None:
        return _page(
            request,
            status=429,
            problem=gettext("Too many clips from your address; try again in %(seconds)s s.") % {"seconds": wait},
        )
    try:
        job = services.verify_submit(data=recording(request), kind="verify", audience="public")
    except (AudioError, RequestInvalid) as error:
        return _page(request, status=422, problem=refused(error))
    return redirect("check-result", job.pk)


@require_GET
def check_result(request: HttpRequest, job_id: str) -> HttpResponse:
    """The answer, by the unguessable address alone; polled while the worker listens."""
    try:
        view = selectors.verify_get(job_id=job_id, audience="public")
    except NotFound as error:
        raise Http404 from error
    shown: dict[str, Any] = {"job": view, "pending": view.state in {"pending", "leased"}, "result": view.result or {}}
    if request.headers.get("HX-Request"):
        return render(request, "web/parts/verdict.html", shown)
    return _page(request, **shown)


def _page(request: HttpRequest, *, status: int = 200, **shown: Any) -> HttpResponse:
    return render(request, "web/public/check.html", shown, status=status)
