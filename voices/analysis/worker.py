"""Claim, check, ask the gate, apply. What fails for a passing reason is given back; what the gate refuses is final."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db.models import Q

from safeguards.errors import Refusal
from safeguards.gate import Reason, refuse
from voices import jobs
from voices.analysis.consent import analyse_consent, reject_consent
from voices.analysis.enrolment import analyse_enrolment, send_enrolment_back
from voices.analysis.take import analyse_take, reject_take
from voices.errors import Conflict
from voices.models import AnalysisJob

log = logging.getLogger(__name__)

_ANALYSE: dict[str, Callable[[AnalysisJob], None]] = {
    AnalysisJob.Kind.CONSENT: analyse_consent,
    AnalysisJob.Kind.TAKE: analyse_take,
    AnalysisJob.Kind.ENROLMENT: analyse_enrolment,
}
_REFUSE: dict[str, Callable[[AnalysisJob, Refusal], None]] = {
    AnalysisJob.Kind.CONSENT: reject_consent,
    AnalysisJob.Kind.TAKE: reject_take,
    AnalysisJob.Kind.ENROLMENT: send_enrolment_back,
}


def run(job_id: str | None = None) -> int:
    """Do what waits.

    Args:
        job_id: only this one; all that wait, one after the other, when left out.

    Returns:
        How many jobs were claimed.
    """
    only = None if job_id is None else Q(pk=job_id)
    done = 0
    while claimed := jobs.claim(AnalysisJob, only=only):
        for job in claimed:
            _run_one(job)
            done += 1
        if job_id is not None:
            break
    return done


def _run_one(job: AnalysisJob) -> None:
    try:
        if jobs.spent(job):
            log.error("analysis %s was given up: its workers died", job.pk)
            _give_up(job)
            return
        _ANALYSE[job.kind](job)
    except jobs.LeaseLost:
        log.info("analysis %s was cancelled or is another worker's", job.pk)
    except Conflict as conflict:
        # The subject ended meanwhile; whoever ended it wrote the reason.
        _end(job, conflict.code)
    except Exception:
        log.exception("analysis %s failed", job.pk)
        if not jobs.give_back(job, "analysis_failed"):
            _give_up(job)


def _give_up(job: AnalysisJob) -> None:
    """A check that never answers is evidence that is missing: refused."""
    try:
        _REFUSE[job.kind](job, refuse([Reason.EVIDENCE_MISSING]))
    except jobs.LeaseLost:
        log.info("analysis %s is another worker's", job.pk)
    except Conflict as conflict:
        _end(job, conflict.code)


def _end(job: AnalysisJob, code: str) -> None:
    try:
        jobs.fail(job, code)
    except jobs.LeaseLost:
        log.info("analysis %s had ended", job.pk)
