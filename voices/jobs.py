"""Leases on job rows. Every write is one conditional UPDATE; zero rows touched means somebody else won, which is normal.

A worker killed in the middle leaves a lease that runs out; the next claim takes the row again. Whatever a job produces must
therefore be keyed by the job, so that doing it twice changes nothing. A row whose cancelling was asked for is never claimed,
given back or finished: it ends cancelled, by the worker that runs it or, if that one died, by the next claim.
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


def claimable(_model: type[J] | None = None) -> Q:
    """Pending rows whose backoff is over, and leased rows whose lease ran out; none that is to be cancelled."""
    moment = now()
    waiting = Q(state=JobState.PENDING) & (Q(not_before=None) | Q(not_before__lte=moment))
    abandoned = Q(state=JobState.LEASED, lease_until__lt=moment)
    return Q(cancel_requested=False) & (waiting | abandoned)


def claim(model: type[J], *, limit: int = 1, only: Q | None = None) -> list[J]:
    """Lease up to ``limit`` rows, oldest first. Each returned row carries its ``lease_token``.

    A row may come back more often than ``MAX_ATTEMPTS`` when its workers die: ask ``spent`` before running it, and fail it.
    """
    _bury_cancelled(model)
    free = claimable(model)
    wanted = free & (only or Q())
    claimed: list[J] = []
    # More candidates than wanted, because another claimer may take some of them in between.
    candidates = model._default_manager.filter(wanted).order_by("created_at").values_list("pk", flat=True)
    for job_id in candidates[: 4 * limit + 8]:
        if len(claimed) == limit:
            break
        # Own columns alone: a condition on another table would become a subquery, which PostgreSQL does not ask again after
        # waiting for the row, and two claimers could both get it.
        taken = model._default_manager.filter(free, pk=job_id).update(
            state=JobState.LEASED,
            lease_token=(token := secrets.token_hex(16)),
            lease_until=now() + timedelta(seconds=settings.VIVAVOCE_LEASE_SECONDS),
            attempts=F("attempts") + 1,
        )
        if taken:
            claimed.extend(model._default_manager.filter(pk=job_id, lease_token=token))
    return claimed


def spent(job: LeasedJob) -> bool:
    """Whether the attempts were used up before this claim: its earlier workers died on it. Fail it without running it."""
    return job.attempts > MAX_ATTEMPTS


def renew(job: LeasedJob, *, progress: float | None = None, note: str | None = None) -> None:
    """Push the lease forward between steps.

    Raises:
        LeaseLost: the row is no longer ours, or cancelling was asked for (then it is cancelled now); stop at once and write nothing.
    """
    changes: dict[str, object] = {"lease_until": now() + timedelta(seconds=settings.VIVAVOCE_LEASE_SECONDS)}
    if progress is not None:
        changes["progress"] = progress
    if note is not None:
        changes["progress_note"] = note[:120]
    if not _mine(job).filter(cancel_requested=False).update(**changes):
        _mine(job).filter(cancel_requested=True).update(**_ended(JobState.CANCELLED))
        raise LeaseLost(job.pk)


def finish(job: LeasedJob) -> None:
    """Mark done, inside the transaction that writes the job's result.

    Raises:
        LeaseLost: the row is no longer ours, or cancelling was asked for; roll the result back.
    """
    if not _mine(job).filter(cancel_requested=False).update(progress=1.0, error_code="", **_ended(JobState.DONE)):
        raise LeaseLost(job.pk)


def fail(job: LeasedJob, code: str) -> None:
    """Give up for good (refusals of the gate, bad input, attempts used up).

    Raises:
        LeaseLost: the row is no longer ours.
    """
    if not _mine(job).update(error_code=code, **_ended(JobState.FAILED)):
        raise LeaseLost(job.pk)


def give_back(job: LeasedJob, code: str) -> bool:
    """After a transient failure: back to pending with exponential backoff and jitter. False when the attempts are used up (caller fails it)."""
    if job.attempts >= MAX_ATTEMPTS:
        return False
    delay = min(300.0, 2.0**job.attempts) * (0.5 + secrets.randbelow(1000) / 1000)
    given = (
        _mine(job)
        .filter(cancel_requested=False)
        .update(
            state=JobState.PENDING,
            lease_token="",
            lease_until=None,
            error_code=code,
            not_before=now() + timedelta(seconds=delay),
        )
    )
    if not given:
        _mine(job).filter(cancel_requested=True).update(**_ended(JobState.CANCELLED))
    return True


def postpone(job: LeasedJob, *, seconds: float) -> bool:
    """Back to pending because something else must be done first; not a failure, so the attempt is not counted. False when not ours."""
    return bool(
        _mine(job)
        .filter(cancel_requested=False)
        .update(
            state=JobState.PENDING,
            lease_token="",
            lease_until=None,
            not_before=now() + timedelta(seconds=seconds),
            attempts=F("attempts") - 1,
        )
    )


def cancel(model: type[J], where: Q) -> int:
    """Cancel rows that wait, and ask those that run to stop at their next step. Returns how many were touched."""
    # The wish first, on rows of either state: one that is given back in between is then no longer claimable.
    open_rows = model._default_manager.filter(where, state__in=[JobState.PENDING, JobState.LEASED])
    touched = open_rows.update(cancel_requested=True)
    model._default_manager.filter(where, state=JobState.PENDING, cancel_requested=True).update(
        **_ended(JobState.CANCELLED)
    )
    return touched


def stop_requested(job: LeasedJob) -> Callable[[], bool]:
    """A probe for engines: true once the row was cancelled or taken by another worker."""

    def probe() -> bool:
        return not _mine(job).filter(cancel_requested=False).exists()

    return probe


def _bury_cancelled(model: type[J]) -> None:
    """End rows whose worker died after cancelling was asked for, and any that were given back at that moment."""
    dead = Q(state=JobState.PENDING) | Q(state=JobState.LEASED, lease_until__lt=now())
    rows = model._default_manager.filter(dead, cancel_requested=True)
    if rows.exists():
        rows.update(**_ended(JobState.CANCELLED))


def _mine(job: J) -> QuerySet[J]:
    return type(job)._default_manager.filter(pk=job.pk, state=JobState.LEASED, lease_token=job.lease_token)


def _ended(state: JobState) -> dict[str, object]:
    return {"state": state, "ended_at": now(), "lease_until": None}
