"""``GET /metrics`` in the Prometheus text format (version 0.0.4): how much waits, for how long, and whether the log is signed in time.

Counts only, read from the rows at each scrape, so that every replica says the same and a restart forgets nothing. Needs the operator's token;
without one configured the address does not exist.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from audiokit.clock import now
from safeguards.audit import tree
from safeguards.audit.checkpoints import checkpoint_latest
from vivavoce.operations.queues import JOBS, OPEN
from vivavoce.webhooks.models import Endpoint
from voices.models import JobState


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, to whoever has the token."""
    wanted = f"Bearer {settings.VIVAVOCE_METRICS_TOKEN}"
    if not settings.VIVAVOCE_METRICS_TOKEN or not hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), wanted.encode()
    ):
        return HttpResponseNotFound()
    return HttpResponse("\n".join(_lines()) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _lines() -> Iterator[str]:
    moment = now()
    yield "# HELP vivavoce_jobs Jobs that wait or run."
    yield "# TYPE vivavoce_jobs gauge"
    ages: list[str] = []
    for kind, model in JOBS.items():
        rows = (
            model._default_manager.filter(state__in=OPEN).values_list("state").annotate(Count("pk"), Min("created_at"))
        )
        found: dict[str, tuple[int, datetime]] = {state: (count, oldest) for state, count, oldest in rows}
        for state in OPEN:
            yield f'vivavoce_jobs{{kind="{kind}",state="{state}"}} {found[state][0] if state in found else 0}'
        waited = (moment - found[JobState.PENDING][1]).total_seconds() if JobState.PENDING in found else 0.0
        ages.append(f'vivavoce_job_oldest_pending_seconds{{kind="{kind}"}} {max(0.0, waited):.1f}')
    yield "# HELP vivavoce_job_oldest_pending_seconds Age of the oldest job that no worker has."
    yield "# TYPE vivavoce_job_oldest_pending_seconds gauge"
    yield from ages
    size, latest = tree.size(), checkpoint_latest()
    yield "# HELP vivavoce_log_entries Entries of the audit log."
    yield "# TYPE vivavoce_log_entries counter"
    yield f"vivavoce_log_entries {size}"
    yield "# HELP vivavoce_log_unsigned_entries Entries beyond the latest signed checkpoint."
    yield "# TYPE vivavoce_log_unsigned_entries gauge"
    yield f"vivavoce_log_unsigned_entries {size - (latest.size if latest else 0)}"
    yield "# HELP vivavoce_webhook_endpoints_failing Endpoints whose deliveries fail or that were switched off for it."
    yield "# TYPE vivavoce_webhook_endpoints_failing gauge"
    yield f"vivavoce_webhook_endpoints_failing {Endpoint.objects.exclude(failing_since=None).count()}"
