"""Who may use a voice, for what, until when, and how much of it is used."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from vivavoce.web.session import page, person
from voices import selectors, services
from voices.states import GrantState

_OPEN = {GrantState.REQUESTED, GrantState.ACTIVE}


@require_GET
@page
def grants(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Asked for, running, ended."""
    who = person(request)
    found = selectors.voice_get(account_id=who.account_id, voice_id=voice_id)
    rows = selectors.grants_of_owner(account_id=who.account_id).filter(voice_id=voice_id).order_by("-created_at")
    return render(
        request,
        "web/owner/grants.html",
        {
            "voice": found,
            "tab": "voice-grants",
            "asked": [row for row in rows if row.state == GrantState.REQUESTED],
            "active": [row for row in rows if row.state == GrantState.ACTIVE],
            "ended": [row for row in rows if row.state not in _OPEN],
        },
    )


@require_POST
@page
def decide(request: HttpRequest, grant_id: str) -> HttpResponse:
    """Approve, decline or revoke an app's grant."""
    who = person(request)
    verbs: dict[str, Any] = {
        "approve": services.grant_approve,
        "decline": services.grant_decline,
        "revoke": services.grant_revoke,
    }
    grant = selectors.grant_get_as_owner(account_id=who.account_id, grant_id=grant_id)
    verb = verbs.get(request.POST.get("decision", ""))
    if verb is not None:
        verb(account_id=who.account_id, grant_id=grant_id)
    return redirect("voice-grants", grant.voice_id)
