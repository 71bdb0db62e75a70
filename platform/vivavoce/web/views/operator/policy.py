"""The gate's thresholds with their measured error rates. They are part of the installed version; no page changes them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from safeguards.gate import Policy, policy_for
from safeguards.measured import measured
from vivavoce.operations.thresholds import THRESHOLDS
from vivavoce.web.roles import operator_page
from vivavoce.web.session import world_of
from voices.models import Consent
from voices.states import ConsentState


@require_GET
@operator_page
def policy(request: HttpRequest) -> HttpResponse:
    """Of the world that this browser works in."""
    world = world_of(request)
    found = policy_for(world)
    return render(
        request,
        "web/operator/policy.html",
        {"policy": found, "lines": _lines(found), "decided": _decided(world), "refused": _refused(world)},
    )


def _lines(found: Policy) -> list[dict[str, Any]]:
    values = asdict(found)
    return [
        {
            "threshold": line,
            "passes": values.get(line.passes),
            "review": values.get(line.review),
            "measured": measured(line.check) if line.check else None,
        }
        for line in THRESHOLDS
    ]


def _decided(world: str) -> list[tuple[str, int]]:
    """Consents by what became of them."""
    ended = [
        ConsentState.ACTIVE,
        ConsentState.NEEDS_REVIEW,
        ConsentState.REJECTED,
        ConsentState.EXPIRED,
        ConsentState.WITHDRAWN,
    ]
    rows = (
        Consent.objects.filter(world=world, state__in=ended)
        .values_list("state")
        .annotate(Count("pk"))
        .order_by("state")
    )
    return [(str(state), count) for state, count in rows]


def _refused(world: str) -> list[tuple[str, int]]:
    """Refused consents by the heaviest reason."""
    rejected = Consent.objects.filter(world=world, state=ConsentState.REJECTED).exclude(refusal_code="")
    rows = rejected.values_list("refusal_code").annotate(number=Count("pk")).order_by("-number")
    return [(code, number) for code, number in rows]
