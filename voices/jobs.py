"""Leases on job rows. Every write is one conditional UPDATE; zero rows touched means somebody else won, which is normal.

A worker killed in the middle leaves a lease that runs out; the next claim takes the row again. Whatever a job produces must
therefore be keyed by the job, so that doing it twice changes nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from audiokit.clock import now
from voices.models.jobs import JobState, LeasedJob

log = logging.getLogger(__name__)
J = TypeVar("J", bound=LeasedJob)
MAX_ATTEMPTS = 5


class LeaseLost(Exception):
    """The row is no longer ours: the lease ran out and another worker took it, or it was cancelled."""


def nudge(task: str, job_id: str | None = None) -> None:
    """Ask a worker to look, after the transaction commits. By name, ids only; losing the message loses nothing."""
    transaction.on_commit(partial(_send, task, job_id), robust=True)


def _send(task: str, job_id: str | None) -> None:
    try:
        current_app.send_task(task, args=[job_id] if job_id else [])
    except Exception:
        log.warning("could not nudge %s; the sweep will find the row", task, exc_info=True)


def claimable(model: type[J]) -> Q:
    """Pending rows whose backoff is over, and leased rows whose lease ran out."""
    moment = now()
    return Q(state=JobState.PENDING) & (Q(not_before=None) | Q(not_before__lte=moment)) | Q(
        state=JobState.LEASED, lease_until__lt=moment
    )


def claim(model: type[J], *, limit: int = 1, only: Q | None = None) -> list[J]:
    """Lease up to ``limit`` rows, oldest first. Each returned row carries its ``lease_token``."""
    wanted = claimable(model) & (only or Q())
    claimed: list[J] = []
    for job_id in model._default_manager.filter(wanted).order_by("created_at").values_list("pk", flat=True)[:limit]:
        token = secrets.token_hex(16)
        taken = model._default_manager.filter(wanted, pk=job_id).update(
            state=JobState.LEASED,
            lease_token=token,
            lease_until=now() + timedelta(seconds=settings.VIVAVOCE_LEASE_SECONDS),
            attempts=F("attempts") + 1,
        )
        if taken:
            claimed.append(model._default_manager.get(pk=job_id))
    return claimed


def renew(job: LeasedJob, *, progress: float | None = None, note: str | None = None) -> None:
    """Push the lease forward between steps.

    Raises:
        LeaseLost: the row is no longer ours, or cancelling was asked for; stop at once and write nothing.
    """
    changes: dict[str, object] = {"lease_until": now() + timedelta(seconds=settings.VIVAVOCE_LEASE_SECONDS)}
    if progress is not None:
        changes["progress"] = progress
    if note is not None:
        changes["progress_note"] = note[:120]
    if not _mine(job).filter(cancel_requested=False).update(**changes):
        raise LeaseLost(job.pk)


def finish(job: LeasedJob) -> None:
    """Mark done, inside the transaction that writes the job's result.

    Raises:
        LeaseLost: roll the result back.
    """
    _end(job, JobState.DONE, "")


def fail(job: LeasedJob, code: str) -> None:
    """Give up for good (refusals of the gate, bad input, attempts used up)."""
    _end(job, JobState.FAILED, code)


def give_back(job: LeasedJob, code: str) -> bool:
    """After a transient failure: back to pending with exponential backoff and jitter. False when the attempts are used up (caller fails it)."""
    if job.attempts >= MAX_ATTEMPTS:
        return False
    delay = min(300.0, 2.0**job.attempts) * (0.5 + secrets.randbelow(1000) / 1000)
    _mine(job).update(
        state=JobState.PENDING,
        lease_token="",
        lease_until=None,
        error_code=code,
        not_before=now() + timedelta(seconds=delay),
    )
    return True


def cancel(model: type[J], where: Q) -> int:
    """Cancel rows that wait, and ask those that run to stop at their next step. Returns how many were touched."""
    waiting = model._default_manager.filter(where, state=JobState.PENDING).update(
        state=JobState.CANCELLED, cancel_requested=True, ended_at=now()
    )
    running = model._default_manager.filter(where, state=JobState.LEASED).update(cancel_requested=True)
    return waiting + running


def stop_requested(job: LeasedJob) -> Callable[[], bool]:
    """A probe for engines: true once the row was cancelled or taken by another worker."""

    def probe() -> bool:
        return not _mine(job).filter(cancel_requested=False).exists()

    return probe


def _mine(job: J) -> QuerySet[J]:
    return type(job)._default_manager.filter(pk=job.pk, state=JobState.LEASED, lease_token=job.lease_token)


def _end(job: LeasedJob, state: str, code: str) -> None:
    if not _mine(job).update(state=state, error_code=code, ended_at=now(), lease_until=None, progress=1.0):
        raise LeaseLost(job.pk)
