"""Deliveries: claimed by lease, tried, and tried again on the schedule that Standard Webhooks recommends."""

from __future__ import annotations

import secrets as chance
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from audiokit.clock import now
from vivavoce.webhooks import guard, secrets
from vivavoce.webhooks.models import Attempt, Delivery, Endpoint
from voices import jobs
from voices.models.jobs import JobState

# Waits before the second, third … try: about three days in all.
SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
_GONE = 410


def due(limit: int = 100) -> list[str]:
    """Deliveries that wait for a worker now, oldest first."""
    rows = Delivery.objects.filter(jobs.claimable(Delivery), endpoint__enabled=True).order_by("created_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def deliver(delivery_id: str, *, resolver: guard.Resolver = guard.system_resolver) -> bool:
    """Try one delivery once. False when another worker has it, or it is not due.

    A worker killed between the exchange and its record delivers again later: at least once, as receivers are told; ``webhook-id`` tells
    them apart.
    """
    claimed = jobs.claim(Delivery, only=Q(pk=delivery_id, endpoint__enabled=True))
    if not claimed:
        return False
    job = claimed[0]
    endpoint, message = job.endpoint, job.message
    at = now()
    started = time.monotonic()
    status, error = None, ""
    try:
        headers = secrets.headers(endpoint, message.pk, message.payload, at)
        status = guard.post(endpoint.url, message.payload.encode(), headers, resolver=resolver)
    except (guard.TargetRefused, guard.DeliveryFailed) as failure:
        error = failure.code
    if status is not None and not 200 <= status < 300:
        error = "status_not_2xx"
    elapsed = int((time.monotonic() - started) * 1000)
    with transaction.atomic():
        Attempt.objects.create(delivery=job, at=at, milliseconds=elapsed, status=status, error_code=error)
        _settle(job, endpoint, error, gone=status == _GONE)
    return True


def _settle(job: Delivery, endpoint: Endpoint, error: str, *, gone: bool) -> None:
    endpoints = Endpoint.objects.filter(pk=endpoint.pk)
    if not error:
        jobs.finish(job)
        endpoints.update(failing_since=None)
        return
    endpoints.filter(failing_since=None).update(failing_since=now())
    if gone or job.attempts > len(SCHEDULE):
        jobs.fail(job, error)
        # One whole schedule without a single success: whoever was there has gone.
        started = endpoints.values_list("failing_since", flat=True).first()
        if gone or (started is not None and started <= job.created_at + SCHEDULE[0]):
            _disable(endpoint, "gone" if gone else "failing")
        return
    wait = SCHEDULE[job.attempts - 1] * (0.9 + chance.randbelow(200) / 1000)
    Delivery.objects.filter(pk=job.pk, state=JobState.LEASED, lease_token=job.lease_token).update(
        state=JobState.PENDING, lease_token="", lease_until=None, error_code=error, not_before=now() + wait
    )


def _disable(endpoint: Endpoint, reason: str) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=False, disabled_reason=reason)
    jobs.cancel(Delivery, Q(endpoint=endpoint))
