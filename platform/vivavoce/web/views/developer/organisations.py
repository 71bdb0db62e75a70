"""Organisations: the list, and one at a glance with its use by day."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from synthesis.selectors import request_list, usage_by_day, usage_by_voice
from vivavoce.accounts import selectors, services
from vivavoce.web.bars import columns
from vivavoce.web.examples import first_steps
from vivavoce.web.forms import OrganisationForm
from vivavoce.web.organisations import place
from vivavoce.web.session import page, person


@require_http_methods(["GET", "POST"])
@page
def apps(request: HttpRequest) -> HttpResponse:
    """The organisations this person belongs to."""
    who = person(request)
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.organisation_create(by=who, name=form.cleaned_data["name"])
        return redirect("app", made.pk)
    organisations = selectors.organisations_of(person=who)
    return render(request, "web/developer/organisations.html", {"organisations": organisations, "form": form})


@require_GET
@page
def app(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """Thirty days of use, the latest requests, and how to begin."""
    here = place(request, organisation_id)
    days = usage_by_day(organisation_id=organisation_id, world=here.world)
    latest = request_list(organisation_id=organisation_id, world=here.world, limit=10)
    return render(
        request,
        "web/developer/organisation.html",
        here.context(
            "app",
            days=days,
            chart=columns([(day.day, day.characters) for day in days]),
            characters=sum(day.characters for day in days),
            released=sum(day.released for day in days),
            refused=sum(day.refused for day in days),
            seconds=sum(day.seconds for day in days),
            voices=usage_by_voice(organisation_id=organisation_id, world=here.world),
            requests=latest,
            examples=[] if latest else first_steps(base=request.build_absolute_uri("/").rstrip("/"), world=here.world),
        ),
    )
