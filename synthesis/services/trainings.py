"""What a training keeps to go on from, and that it does not outlive the training.

The job is asked to stop before its parts are dropped, and a part is written in a transaction that first touches the job: so
no part appears after its voice has ended, whoever commits first.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from safeguards import vault
from synthesis.models import TrainingJob, TrainingPart
from voices import jobs
from voices.models import JobState
from voices.states import EnrolmentState

_OPEN_JOBS = (JobState.PENDING, JobState.LEASED)
_OPEN_ENROLMENTS = (EnrolmentState.QUEUED, EnrolmentState.TRAINING)


def trainings_stop(voice_ids: Collection[str]) -> None:
    """Cancel trainings of these voices and drop what they kept; in the caller's transaction."""
    mine = Q(enrolment__voice_id__in=voice_ids)
    jobs.cancel(TrainingJob, mine)
    _drop(TrainingPart.objects.filter(job__in=TrainingJob.objects.filter(mine)))


def training_parts_forget_ended(*, job_id: str | None = None) -> int:
    """Drop what trainings kept that ended, however they did: done, failed, cancelled, aborted by the owner. Returns how many parts.

    Args:
        job_id: of one job; None for all.
    """
    ended = (
        ~Q(job__state__in=_OPEN_JOBS) | ~Q(job__enrolment__state__in=_OPEN_ENROLMENTS) | Q(job__cancel_requested=True)
    )
    rows = TrainingPart.objects.filter(ended)
    with transaction.atomic():
        return _drop(rows if job_id is None else rows.filter(job_id=job_id))


def _drop(parts: QuerySet[TrainingPart]) -> int:
    found = list(parts.values_list("pk", "blob"))
    dropped = TrainingPart.objects.filter(pk__in=[key for key, _ in found]).delete()[0]
    for _, blob in found:
        transaction.on_commit(partial(vault.blobs.delete, blob), robust=True)
    return dropped
