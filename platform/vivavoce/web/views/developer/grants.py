"""Grants: asking owners, what they gave, giving it up, asking again."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audiokit.clock import now
from vivavoce.web.forms import GrantForm
from vivavoce.web.organisations import managed, place
from vivavoce.web.session import page
from voices import selectors, services
from voices.errors import NotFound
from voices.states import GrantState

_OPEN = {GrantState.REQUESTED, GrantState.ACTIVE}


@require_http_methods(["GET", "POST"])
@page
def grants(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """The grants of this world; managers ask for another."""
    here = place(request, organisation_id) if request.method == "GET" else managed(request, organisation_id)
    form = GrantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = dict(form.cleaned_data)
        expires_at = now() + timedelta(days=asked.pop("days"))
        try:
            services.grant_request(
                organisation_id=organisation_id,
                requested_by_id=here.person.account_id,
                world=here.world,
                expires_at=expires_at,
                **asked,
            )
            return redirect("grants", organisation_id)
        except NotFound:  # said at the field; whether the voice exists elsewhere is not said
            form.add_error("voice_id", _("There is no voice with this id that can be asked for in this world."))
    rows = selectors.grants_of_app(organisation_id=organisation_id, world=here.world)
    return render(
        request,
        "web/developer/grants.html",
        here.context(
            "grants",
            open=[row for row in rows if row.state in _OPEN],
            ended=[row for row in rows if row.state not in _OPEN],
            form=form,
        ),
        status=422 if form.is_bound else 200,
    )


@require_POST
@page
def grant_act(request: HttpRequest, organisation_id: str, grant_id: str) -> HttpResponse:
    """Give it up, or ask for the same again."""
    here = managed(request, organisation_id)
    old = selectors.grant_get_as_app(organisation_id=organisation_id, world=here.world, grant_id=grant_id)
    if request.POST.get("action") == "renew":
        services.grant_renew(
            organisation_id=organisation_id,
            requested_by_id=here.person.account_id,
            grant_id=grant_id,
            quota_characters=old.quota_characters,
            expires_at=now() + (old.expires_at - old.not_before),
        )
    else:
        services.grant_give_up(organisation_id=organisation_id, grant_id=grant_id)
    return redirect("grants", organisation_id)
