"""Interfaces for messages: look, call, decide whether to look again. A message only nudges; which row is next is the database's business.

Bodies import what they call, so that a worker of one role loads only its own part (the engine worker no watermark, egress no engine).
"""

from __future__ import annotations

from celery import shared_task

# A nudge looks until nothing is left, but gives the queue back now and then.
_ROUNDS = 50


@shared_task(name="synthesis.render")
def render(_job_id: str | None = None) -> None:
    """Render what waits: first what somebody listens to already, then the rest, several requests at once."""
    from synthesis.render import render_waiting, stream_waiting

    for _ in range(_ROUNDS):
        if not stream_waiting() + render_waiting():
            return


@shared_task(name="synthesis.egress")
def egress(_job_id: str | None = None) -> None:
    """Mark, check and release what was rendered."""
    from synthesis.egress.worker import egress_waiting

    for _ in range(_ROUNDS):
        if not egress_waiting():
            return


@shared_task(name="synthesis.train")
def train(_job_id: str | None = None) -> None:
    """Train what waits, one voice after the other."""
    from synthesis.training import train_waiting

    for _ in range(_ROUNDS):
        if not train_waiting():
            return


@shared_task(name="synthesis.verify")
def verify(_job_id: str | None = None) -> None:
    """Analyse what was uploaded."""
    from synthesis.verification.worker import verify_waiting

    for _ in range(_ROUNDS):
        if not verify_waiting():
            return


@shared_task(name="synthesis.sweep")
def sweep() -> None:
    """Find what was missed."""
    from synthesis.sweep import sweep as look

    look()


@shared_task(name="synthesis.forget")
def forget() -> None:
    """Remove sealed objects that no row names; a few times a day is enough."""
    from synthesis.orphans import orphans_forget

    orphans_forget()
