"""Webhook endpoints: where to be told of what, the delivery log, and replay."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vivavoce.web.forms import EndpointForm, EventsForm
from vivavoce.web.organisations import Place, managed
from vivavoce.web.session import page
from vivavoce.webhooks import services

LOG_LENGTH = 50


@require_http_methods(["GET", "POST"])
@page
def webhooks(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """The endpoints of this world; a form for another."""
    here = managed(request, organisation_id)
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.endpoint_add(app=here.app, url=form.cleaned_data["url"], types=form.cleaned_data["events"])
        return _endpoint(request, here, made.endpoint.pk, secret=made.secret)
    endpoints = services.endpoints_of(app=here.app).order_by("-created_at")
    shown = here.context("webhooks", endpoints=endpoints, form=form)
    return render(request, "web/developer/webhooks.html", shown, status=422 if form.is_bound else 200)


@require_GET
@page
def endpoint(request: HttpRequest, organisation_id: str, endpoint_id: str) -> HttpResponse:
    """One endpoint with its delivery log."""
    return _endpoint(request, managed(request, organisation_id), endpoint_id)


@require_GET
@page
def deliveries(request: HttpRequest, organisation_id: str, endpoint_id: str) -> HttpResponse:
    """The delivery log alone, polled while something is under way."""
    return _endpoint(request, managed(request, organisation_id), endpoint_id, part="parts/deliveries")


def _endpoint(
    request: HttpRequest, here: Place, endpoint_id: str, *, secret: str = "", part: str = "endpoint"
) -> HttpResponse:
    found = services.endpoint_get(app=here.app, endpoint_id=endpoint_id)
    log = list(services.deliveries_of(endpoint=found).order_by("-created_at")[:LOG_LENGTH])
    shown = here.context(
        "webhooks",
        endpoint=found,
        deliveries=log,
        # A delivery that failed waits for minutes or days between tries; only a fresh one is worth looking at again at once.
        pending=any(one.state == "leased" or (one.state == "pending" and one.attempts == 0) for one in log),
        secret=secret,
        events_form=EventsForm(initial={"events": found.events}),
    )
    answer = render(request, f"web/developer/{part}.html", shown)
    if secret:
        answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@page
def endpoint_act(request: HttpRequest, organisation_id: str, endpoint_id: str) -> HttpResponse:
    """Other events, on, off, a new secret, a test message, or the end of it."""
    here = managed(request, organisation_id)
    action = request.POST.get("action", "")
    if action == "rotate":
        made = services.secret_rotate(app=here.app, endpoint_id=endpoint_id)
        return _endpoint(request, here, endpoint_id, secret=made.secret)
    if action == "remove":
        services.endpoint_remove(app=here.app, endpoint_id=endpoint_id)
        return redirect("webhooks", organisation_id)
    if action == "test":
        services.test_send(app=here.app, endpoint_id=endpoint_id)
    elif action in {"on", "off"}:
        services.endpoint_change(app=here.app, endpoint_id=endpoint_id, enabled=action == "on")
    elif action == "events":
        services.endpoint_change(app=here.app, endpoint_id=endpoint_id, types=request.POST.getlist("events"))
    return redirect("endpoint", organisation_id, endpoint_id)


@require_POST
@page
def replay(request: HttpRequest, organisation_id: str, endpoint_id: str, delivery_id: str) -> HttpResponse:
    """The same message once more."""
    here = managed(request, organisation_id)
    services.delivery_replay(app=here.app, endpoint_id=endpoint_id, delivery_id=delivery_id)
    return redirect("endpoint", organisation_id, endpoint_id)
