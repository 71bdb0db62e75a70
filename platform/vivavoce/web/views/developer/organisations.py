"""The app developer's side: organisations, keys (shown once), grant requests."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audiokit.clock import now
from synthesis.selectors import request_list
from vivavoce.accounts import scopes, selectors, services
from vivavoce.web.forms import GrantForm, KeyForm, OrganisationForm
from vivavoce.web.session import page, person
from voices import services as voice_services
from voices.selectors import grants_of_app


@require_http_methods(["GET", "POST"])
@page
def apps(request: HttpRequest) -> HttpResponse:
    """The organisations this person belongs to."""
    who = person(request)
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.organisation_create(by=who, name=form.cleaned_data["name"])
        return redirect("app", made.pk)
    return render(
        request,
        "web/developer/organisations.html",
        {"organisations": selectors.organisations_of(person=who), "form": form},
    )


@require_http_methods(["GET"])
@page
def app(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """One organisation: keys and grants of the current world."""
    return _app(request, organisation_id)


def _app(
    request: HttpRequest, organisation_id: str, *, token: str = "", grant_form: GrantForm | None = None
) -> HttpResponse:
    who = person(request)
    organisation = selectors.organisation_get(person=who, organisation_id=organisation_id)
    answer = render(
        request,
        "web/developer/organisation.html",
        {
            "organisation": organisation,
            "keys": selectors.keys_of(by=who).filter(organisation=organisation, world=who.world),
            "token": token,
            "public_url": request.build_absolute_uri("/").rstrip("/"),
            "key_form": KeyForm(),
            "grant_form": grant_form or GrantForm(),
            "grants": grants_of_app(organisation_id=organisation_id, world=who.world).select_related("voice"),
            "requests": request_list(organisation_id=organisation_id, world=who.world, limit=20),
        },
        status=422 if grant_form is not None else 200,
    )
    if token:
        answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@page
def key_create(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """A new key; this answer is the only time it is seen."""
    who = person(request)
    organisation = selectors.organisation_to_manage(by=who, organisation_id=organisation_id)
    form = KeyForm(request.POST)
    name = form.cleaned_data["name"] if form.is_valid() else _("unnamed")
    issued = services.key_create(by=who, organisation_id=organisation.pk, world=who.world, name=name, scopes=scopes.APP)
    return _app(request, organisation_id, token=issued.token)


@require_POST
@page
def key_act(request: HttpRequest, organisation_id: str, key_id: str) -> HttpResponse:
    """Rotate (the old key keeps working for a day) or revoke."""
    who = person(request)
    if request.POST.get("action") == "rotate":
        return _app(request, organisation_id, token=services.key_rotate(by=who, key_id=key_id).token)
    services.key_revoke(by=who, key_id=key_id)
    return redirect("app", organisation_id)


@require_POST
@page
def grant_request(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """Ask an owner; nothing happens until that person says yes."""
    who = person(request)
    organisation = selectors.organisation_to_manage(by=who, organisation_id=organisation_id)
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _app(request, organisation_id, grant_form=form)
    asked = dict(form.cleaned_data)
    days = asked.pop("days")
    voice_services.grant_request(
        organisation_id=organisation.pk,
        requested_by_id=who.account_id,
        world=who.world,
        expires_at=now() + timedelta(days=days),
        **asked,
    )
    return redirect("app", organisation_id)
