"""Finding what was missed: messages that were lost, workers that died, rows that no worker can finish."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db.models import Q

from audiokit.clock import now
from synthesis.models import EgressJob, RawWindow, RenderJob, StreamWindow, TrainingJob, VerifyJob
from synthesis.services.trainings import training_parts_forget_ended
from synthesis.services.transitions import request_fail
from synthesis.services.views import views_forget_due
from voices import jobs
from voices.errors import Conflict
from voices.models import JobState, LeasedJob
from voices.services.enrolments import enrolment_fail

logger = logging.getLogger(__name__)
CODE: Final = "worker_died_repeatedly"
KEEP_WINDOWS_SECONDS: Final = 900.0
_SENTENCE: Final = "The work was begun several times and never finished; try again, or ask the operator."
_TASKS: Final[tuple[tuple[str, type[LeasedJob]], ...]] = (
    ("synthesis.render", RenderJob),
    ("synthesis.egress", EgressJob),
    ("synthesis.train", TrainingJob),
    ("synthesis.verify", VerifyJob),
)


def sweep() -> int:
    """Nudge a worker for each kind of work that waits; fail rows whose attempts are used up. Returns how many rows were failed."""
    failed = sum(_fail_worn_out(model) for _, model in _TASKS)
    _forget_windows()
    training_parts_forget_ended()
    views_forget_due()
    for task, model in _TASKS:
        if model._default_manager.filter(jobs.claimable(model)).exists():
            jobs.nudge(task)
    return failed


def _forget_windows() -> None:
    """Windows of streams that ended a while ago: whoever listened has them, and the clip is stored."""
    past = now() - timedelta(seconds=KEEP_WINDOWS_SECONDS)
    StreamWindow.objects.filter(request__ended_at__lt=past).delete()


def _fail_worn_out(model: type[LeasedJob]) -> int:
    """A row whose worker died at each attempt: it may be the row that kills them."""
    failed = 0
    worn_out = Q(attempts__gte=jobs.MAX_ATTEMPTS) & jobs.claimable(model)
    for job in model._default_manager.filter(worn_out):
        ended = model._default_manager.filter(worn_out, pk=job.pk).update(
            state=JobState.FAILED, error_code=CODE, ended_at=now(), lease_token="", lease_until=None
        )
        if ended:
            logger.error("%s %s was given up after %d attempts", model.__name__, job.pk, job.attempts)
            _AFTERMATH[model](job)
            failed += 1
    return failed


def _request_failed(job: LeasedJob) -> None:
    request_id: str = job.request_id  # type: ignore[attr-defined]  # render and egress jobs have it; see _AFTERMATH
    request_fail(request_id=request_id, code=CODE, sentence=_SENTENCE, actor="system:sweep")
    RenderJob.objects.filter(request_id=request_id).update(raw=None)
    RawWindow.objects.filter(request_id=request_id).delete()


def _training_failed(job: LeasedJob) -> None:
    enrolment_id: str = job.enrolment_id  # type: ignore[attr-defined]  # training jobs have it; see _AFTERMATH
    try:
        enrolment_fail(enrolment_id=enrolment_id, problem=_SENTENCE)
    except Conflict:
        logger.info("enrolment %s had ended before its training was given up", enrolment_id)


def _verify_failed(job: LeasedJob) -> None:
    from synthesis.verification.worker import drop_upload

    drop_upload(job.pk)


_AFTERMATH: Final[dict[type[LeasedJob], Callable[[LeasedJob], None]]] = {
    RenderJob: _request_failed,
    EgressJob: _request_failed,
    TrainingJob: _training_failed,
    VerifyJob: _verify_failed,
}
