"""What a training must not lose: sealed under the owner's key, in the vault's storage, so that any worker can go on from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from safeguards import vault
from synthesis.engine.protocol import Cancelled
from synthesis.models import TrainingJob, TrainingPart
from voices import jobs

KIND = "training"


class SealedScratch:
    """``Scratch`` of one job.

    Args:
        job: leased by this worker.
    """

    def __init__(self, job: TrainingJob) -> None:
        self._job = job
        self._key = job.enrolment.consent.owner.data_key_id

    def save(self, name: str, parts: Iterable[bytes]) -> None:
        """See ``Scratch.save``. The rows change in one transaction, while the job is still ours and wanted.

        Raises:
            Cancelled: the job was cancelled, or another worker has it.
            VaultError: the owner's key was destroyed.
        """
        stored: list[str] = []
        try:
            for part in parts:
                stored.append(vault.blobs.put(self._key, part, kind=KIND))  # noqa: PERF401  known even if the next one fails
            with transaction.atomic():
                jobs.renew(self._job)
                self._forget(name)
                TrainingPart.objects.bulk_create(
                    TrainingPart(job=self._job, name=name, index=index, blob=blob) for index, blob in enumerate(stored)
                )
        except BaseException as error:
            for blob in stored:
                vault.blobs.delete(blob)
            if isinstance(error, jobs.LeaseLost):
                raise Cancelled from error
            raise

    def load(self, name: str) -> Iterator[bytes] | None:
        """See ``Scratch.load``."""
        blobs = list(self._rows(name).order_by("index").values_list("blob", flat=True))
        return (vault.blobs.get(blob, self._key) for blob in blobs) if blobs else None

    def drop(self, name: str) -> None:
        """See ``Scratch.drop``."""
        with transaction.atomic():
            self._forget(name)

    def _forget(self, name: str) -> None:
        for blob in self._rows(name).values_list("blob", flat=True):
            transaction.on_commit(partial(vault.blobs.delete, blob), robust=True)
        self._rows(name).delete()

    def _rows(self, name: str) -> QuerySet[TrainingPart]:
        return TrainingPart.objects.filter(job=self._job, name=name)
