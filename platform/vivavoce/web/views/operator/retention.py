"""What is erased when, and how much is due."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from synthesis.services.views import KEPT as VIEW_KEPT
from vivavoce.web.roles import operator_page
from voices import jobs, services
from voices.services import retention as rules


@require_GET
@operator_page
def retention(request: HttpRequest) -> HttpResponse:
    """Each rule with its period and what it would touch now."""
    due = asdict(services.retention_due())
    periods = {
        "recordings": rules.REFUSED_KEPT,
        "voices_revoked": rules.EXPIRED_GRACE,
        "voices_emptied": rules.REVOKED_KEPT,
        "challenges": rules.CHALLENGE_KEPT,
    }
    lines = [{"name": name, "days": period.days, "due": due[name]} for name, period in periods.items()]
    shown = {"lines": lines, "total": sum(due.values()), "view_hours": round(VIEW_KEPT.total_seconds() / 3600)}
    return render(request, "web/operator/retention.html", shown)


@require_POST
@operator_page
def apply(request: HttpRequest) -> HttpResponse:
    """Have a worker apply the rules now, as it does every hour."""
    with transaction.atomic():
        jobs.nudge("voices.retention")
    messages.success(request, gettext("A worker applies the rules now."))
    return redirect("retention")
