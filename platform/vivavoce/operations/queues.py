"""Work that waits or runs, from the rows of the jobs: every replica says the same, and a restart forgets nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q

from audiokit.clock import now
from synthesis.models import EgressJob, RenderJob, TrainingJob, VerifyJob
from vivavoce.webhooks.models import Delivery
from voices.jobs import MAX_ATTEMPTS
from voices.models import AnalysisJob, JobState, LeasedJob, ProtectionJob

JOBS: Final[dict[str, type[LeasedJob]]] = {
    "analysis": AnalysisJob,
    "protection": ProtectionJob,
    "training": TrainingJob,
    "render": RenderJob,
    "egress": EgressJob,
    "verification": VerifyJob,
    "webhook": Delivery,
}
OPEN: Final = (JobState.PENDING, JobState.LEASED)
_DAY: Final = timedelta(days=1)
_COLUMNS: Final = tuple(field.name for field in LeasedJob._meta.fields)  # raw sound and results stay in the database


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of work.

    Attributes:
        kind: key of ``JOBS``.
        pending, leased: rows that wait, and rows that a worker has.
        overdue: leased rows whose lease ran out: their worker died or is stuck; the next claim takes them.
        retried: open rows begun more than once.
        oldest_seconds: age of the oldest row that no worker has.
        done_day, failed_day: ended within a day.
    """

    kind: str
    pending: int
    leased: int
    overdue: int
    retried: int
    oldest_seconds: float
    done_day: int
    failed_day: int


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A row that waits or runs, or failed within a day."""

    kind: str
    id: str
    state: str
    age_seconds: float
    attempts: int
    attempts_most: int
    lease_seconds: float | None
    note: str
    error_code: str


def queues() -> list[Queue]:
    """Each kind of work, now."""
    return [_queue(kind, model, now()) for kind, model in JOBS.items()]


def jobs_open(*, limit: int = 30) -> list[OpenJob]:
    """Rows that wait or run, oldest first, over all kinds."""
    moment = now()
    found = [
        _shown(kind, row, moment)
        for kind, model in JOBS.items()
        for row in model._default_manager.filter(state__in=OPEN).only(*_COLUMNS).order_by("created_at")[:limit]
    ]
    return sorted(found, key=lambda job: -job.age_seconds)[:limit]


def jobs_failed(*, limit: int = 20) -> list[OpenJob]:
    """Rows that failed within a day, newest first. A refusal of the gate is a failed job with the gate's code."""
    moment = now()
    found = [
        _shown(kind, row, moment)
        for kind, model in JOBS.items()
        for row in model._default_manager.filter(state=JobState.FAILED, ended_at__gte=moment - _DAY)
        .only(*_COLUMNS)
        .order_by("-ended_at")[:limit]
    ]
    return sorted(found, key=lambda job: job.age_seconds)[:limit]


def _queue(kind: str, model: type[LeasedJob], moment: datetime) -> Queue:
    leased = Q(state=JobState.LEASED)
    ended = Q(ended_at__gte=moment - _DAY)
    found = model._default_manager.filter(Q(state__in=OPEN) | ended).aggregate(
        pending=Count("pk", filter=Q(state=JobState.PENDING)),
        leased=Count("pk", filter=leased),
        overdue=Count("pk", filter=leased & Q(lease_until__lt=moment)),
        retried=Count("pk", filter=Q(state__in=OPEN, attempts__gt=1)),
        oldest=Min("created_at", filter=Q(state=JobState.PENDING)),
        done_day=Count("pk", filter=ended & Q(state=JobState.DONE)),
        failed_day=Count("pk", filter=ended & Q(state=JobState.FAILED)),
    )
    oldest = found.pop("oldest")
    waited = 0.0 if oldest is None else max(0.0, (moment - oldest).total_seconds())
    return Queue(kind=kind, oldest_seconds=waited, **found)


def _shown(kind: str, row: LeasedJob, moment: datetime) -> OpenJob:
    until = row.lease_until
    return OpenJob(
        kind=kind,
        id=row.pk,
        state=row.state,
        age_seconds=(moment - row.created_at).total_seconds(),
        attempts=row.attempts,
        attempts_most=MAX_ATTEMPTS,
        lease_seconds=None if until is None or row.state != JobState.LEASED else (until - moment).total_seconds(),
        note=row.progress_note,
        error_code=row.error_code,
    )
