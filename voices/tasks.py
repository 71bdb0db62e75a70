"""Celery's way in: load by id, call, nothing else. Workers find this module by name."""

from __future__ import annotations

from celery import shared_task

from voices import jobs
from voices.models import AnalysisJob, ProtectionJob


@shared_task(name="voices.analyse")
def analyse(job_id: str | None = None) -> int:
    """Do one analysis, or all that wait."""
    from voices.analysis import run

    return run(job_id)


@shared_task(name="voices.protect")
def protect() -> int:
    """Hear the recordings of voices that are to be protected. Returns how many."""
    from voices.analysis.protection import protect_waiting

    done = 0
    while heard := protect_waiting():
        done += heard
    return done


@shared_task(name="voices.sweep")
def sweep() -> int:
    """End what lapsed by itself, and nudge for analyses whose message was lost. Returns how many rows ended."""
    from voices.services import challenges_expire_due, consents_expire_due, grants_expire_due

    ended = challenges_expire_due() + consents_expire_due() + grants_expire_due()
    if AnalysisJob.objects.filter(jobs.claimable(AnalysisJob)).exists():
        jobs.nudge("voices.analyse")
    if ProtectionJob.objects.filter(jobs.claimable(ProtectionJob)).exists():
        jobs.nudge("voices.protect")
    return ended


@shared_task(name="voices.retention")
def retention() -> int:
    """Erase what lapsed. Returns how many rows were touched."""
    from voices.services import retention_run

    report = retention_run()
    return report.recordings + report.voices_revoked + report.voices_emptied + report.challenges
