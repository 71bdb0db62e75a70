"""Who acts for an organisation, and as what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from vivavoce.accounts import selectors, services
from vivavoce.web.forms import MemberForm
from vivavoce.web.organisations import managed, place
from vivavoce.web.session import page


@require_http_methods(["GET", "POST"])
@page
def members(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """Everybody, with their roles; managers add another."""
    here = place(request, organisation_id) if request.method == "GET" else managed(request, organisation_id)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.member_add(by=here.person, organisation_id=organisation_id, **form.cleaned_data)
        return redirect("members", organisation_id)
    rows = selectors.members_of(organisation=here.organisation)
    shown = here.context("members", members=rows, form=form, me=here.person.account_id)
    return render(request, "web/developer/members.html", shown, status=422 if form.is_bound else 200)


@require_POST
@page
def member_act(request: HttpRequest, organisation_id: str, account_id: str) -> HttpResponse:
    """Another role, or none."""
    here = managed(request, organisation_id)
    if request.POST.get("action") == "remove":
        services.member_remove(by=here.person, organisation_id=organisation_id, account_id=account_id)
        if account_id == here.person.account_id:
            return redirect("apps")
    else:
        role = request.POST.get("role", "")
        services.member_change(by=here.person, organisation_id=organisation_id, account_id=account_id, role=role)
    return redirect("members", organisation_id)
