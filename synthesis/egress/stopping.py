"""Between the steps of egress: is this work still wanted, and still ours?"""

from __future__ import annotations

from synthesis.heartbeat import Heartbeat
from synthesis.models import EgressJob
from voices import jobs


class Stopped(Exception):
    """The request ended, or the job is no longer ours: nothing leaves."""


def check_ours(job: EgressJob, heartbeat: Heartbeat) -> None:
    """Cancelled, revoked, or taken by another worker?

    Raises:
        Stopped: so it is.
    """
    if heartbeat.lost(job) or jobs.stop_requested(job)():
        raise Stopped
