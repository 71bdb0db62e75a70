"""Claiming egress work."""

from __future__ import annotations

from django.db.models import Q

from synthesis.egress.release import release_one
from synthesis.heartbeat import Heartbeat
from synthesis.models import EgressJob
from voices import jobs

BATCH = 4


def egress_waiting(*, limit: int = BATCH) -> int:
    """Claim and finish up to ``limit`` rendered requests, one after the other. Returns how many were claimed."""
    done = 0
    # One claim at a time: what is not yet begun stays free for another worker.
    while done < limit and (claimed := jobs.claim(EgressJob, only=Q(attempts__lt=jobs.MAX_ATTEMPTS))):
        for job in claimed:
            with Heartbeat([job]) as heartbeat:
                release_one(job, heartbeat)
        done += 1
    return done
