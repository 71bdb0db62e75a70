"""Borderline consents: two operators look at the evidence, each for themself."""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from vivavoce.web.forms import ReviewForm
from vivavoce.web.session import page, person
from voices import selectors, services


@require_GET
@page
def reviews(request: HttpRequest) -> HttpResponse:
    """The queue."""
    who = person(request)
    if not who.is_operator:
        raise Http404
    waiting = [
        {
            "consent": consent,
            "evidence": json.dumps(consent.evidence, indent=1, sort_keys=True),
            "form": ReviewForm(auto_id=f"{consent.pk}-%s"),
        }
        for consent in selectors.consents_for_review(operator_id=who.account_id)
    ]
    return render(request, "web/reviews.html", {"waiting": waiting})


@require_POST
@page
def vote(request: HttpRequest, consent_id: str) -> HttpResponse:
    """Approve or refuse, with a reason; the second approval activates."""
    who = person(request)
    if not who.is_operator:
        raise Http404
    form = ReviewForm(request.POST)
    if form.is_valid():
        services.review_vote(
            operator_id=who.account_id,
            consent_id=consent_id,
            approve=request.POST.get("vote") == "approve",
            reason=form.cleaned_data["reason"],
        )
    return redirect("reviews")
