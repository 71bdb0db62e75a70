"""The one table of the vault."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class DataKey(models.Model):
    """A wrapped 256-bit key. Destroying it (``wrapped`` emptied) erases all it ever sealed; the row stays as the proof
    of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wrapped = models.BinaryField(null=True)
    kek_id = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="vault_datakey_destroyed_iff_empty",
                condition=Q(destroyed_at__isnull=True, wrapped__isnull=False)
                | Q(destroyed_at__isnull=False, wrapped__isnull=True),
            ),
        )
        indexes = (models.Index(fields=["kek_id"], name="vault_datakey_kek", condition=Q(destroyed_at__isnull=True)),)

    def __str__(self) -> str:
        return f"data key {self.id}" + (" (destroyed)" if self.destroyed_at else "")
