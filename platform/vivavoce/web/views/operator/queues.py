"""Work that waits or runs: leases, ages, tries."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vivavoce.operations import queues as rows
from vivavoce.web.roles import operator_page
from voices import jobs

_SWEEPS = ("voices.sweep", "synthesis.sweep", "vivavoce.webhooks.sweep", "vivavoce.checkpoint")


@require_GET
@operator_page
def queues(request: HttpRequest) -> HttpResponse:
    """Every kind of work; the part alone when it is polled."""
    shown = {"queues": rows.queues(), "open": rows.jobs_open(), "failed": rows.jobs_failed()}
    part = request.headers.get("HX-Request")
    return render(request, "web/operator/parts/queues.html" if part else "web/operator/queues.html", shown)


@require_POST
@operator_page
def look(request: HttpRequest) -> HttpResponse:
    """Have the workers look now for what was missed, as they do by themselves every few seconds."""
    with transaction.atomic():
        for task in _SWEEPS:
            jobs.nudge(task)
    messages.success(request, gettext("The workers were asked to look."))
    return redirect("queues")
