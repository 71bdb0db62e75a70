"""The operator's first page: is everything as it should be?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vivavoce.operations import health
from vivavoce.operations.queues import queues
from vivavoce.web.roles import operator_page
from vivavoce.web.session import person
from voices import selectors


@require_GET
@operator_page
def operation(request: HttpRequest) -> HttpResponse:
    """Each check's answer, and what waits for people."""
    waiting = selectors.consents_for_review(operator_id=person(request).account_id).count()
    shown = {
        "checks": health.checks(),
        "waiting": waiting,
        "open": sum(queue.pending + queue.leased for queue in queues()),
    }
    return render(request, "web/operator/operation.html", shown)


@require_GET
@operator_page
def workers(request: HttpRequest) -> HttpResponse:
    """Who answers now; asked for by the page once it stands, because it takes a second."""
    return render(request, "web/operator/parts/workers.html", {"workers": health.workers()})
