"""API keys: made, shown once, rotated with overlap, revoked."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from audiokit.clock import now
from vivavoce.accounts import selectors, services
from vivavoce.web.forms import KeyForm, RotateForm
from vivavoce.web.organisations import Place, managed
from vivavoce.web.session import page


@require_http_methods(["GET", "POST"])
@page
def keys(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """The keys of this world; a form for another."""
    here = managed(request, organisation_id)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        issued = services.key_create(
            by=here.person,
            organisation_id=organisation_id,
            world=here.world,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            ip_list=form.cleaned_data["ip_list"].split(),
            expires_at=now() + timedelta(days=days) if days else None,
        )
        return _keys(request, here, KeyForm(), token=issued.token)
    return _keys(request, here, form)


def _keys(request: HttpRequest, here: Place, form: KeyForm, *, token: str = "") -> HttpResponse:
    rows = selectors.keys_of(by=here.person).filter(organisation=here.organisation, world=here.world)
    moment = now()
    live = [row for row in rows if row.revoked_at is None and (row.expires_at is None or row.expires_at > moment)]
    answer = render(
        request,
        "web/developer/keys.html",
        here.context(
            "keys",
            keys=live,
            ended=[row for row in rows if row not in live],
            form=form,
            rotate_form=RotateForm(),
            token=token,
            public_url=request.build_absolute_uri("/").rstrip("/"),
        ),
        status=422 if form.is_bound else 200,
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@page
def key_act(request: HttpRequest, organisation_id: str, key_id: str) -> HttpResponse:
    """Rotate (the old key keeps working for a while) or revoke."""
    here = managed(request, organisation_id)
    if request.POST.get("action") == "rotate":
        form = RotateForm(request.POST)
        overlap = int(form.cleaned_data["overlap"]) if form.is_valid() else 86_400
        issued = services.key_rotate(by=here.person, key_id=key_id, overlap_seconds=overlap)
        return _keys(request, here, KeyForm(), token=issued.token)
    services.key_revoke(by=here.person, key_id=key_id)
    return redirect("keys", organisation_id)
