"""How far a training is."""

from __future__ import annotations

from dataclasses import dataclass

from synthesis.models import TrainingJob


@dataclass(frozen=True, slots=True)
class Progress:
    """State of the job, share done in [0, 1], a phrase for the person who waits, and what went wrong if it ended so."""

    state: str
    share: float
    note: str
    error_code: str


def training_progress(*, enrolment_id: str) -> Progress | None:
    """The training of an enrolment that the caller has looked up; None before it was accepted."""
    job = TrainingJob.objects.filter(enrolment_id=enrolment_id).first()
    if job is None:
        return None
    return Progress(job.state, job.progress, job.progress_note, job.error_code)
