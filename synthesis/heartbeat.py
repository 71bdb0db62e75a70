"""Keeping leases while a step takes longer than one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection

from voices import jobs
from voices.models import LeasedJob

logger = logging.getLogger(__name__)


class Heartbeat:
    """Renews the leases of some jobs from a thread of its own, and tells which of them were lost or cancelled.

    The thread has its own database connection and closes it. A database that does not answer is tried again at the next
    beat; if it stays away, the lease runs out and another worker takes the row, as if this one had died.
    """

    def __init__(self, held: Sequence[LeasedJob]) -> None:
        self._held = {job.pk: job for job in held}
        self._lost: set[str] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def lost(self, job: LeasedJob) -> bool:
        """Whether the row is no longer ours, or cancelling was asked for, as of the last beat."""
        return job.pk in self._lost

    def _run(self) -> None:
        period = settings.VIVAVOCE_LEASE_SECONDS / 3
        try:
            while not self._done.wait(period):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        for key, job in self._held.items():
            if key in self._lost:
                continue
            try:
                jobs.renew(job)
            except jobs.LeaseLost:
                self._lost.add(key)
            except DatabaseError:
                logger.warning("could not renew the lease of %s; trying again", key, exc_info=True)
                connection.close()
