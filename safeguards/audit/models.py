"""Tables of the log. Triggers in the database refuse to change or remove a row of any of them (migration 0002)."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One record. ``leaf`` is what is hashed, proven and exported; the other columns repeat parts of it for look-up."""

    class World(models.TextChoices):
        """Live people or the sandbox."""

        LIVE = "live"
        SANDBOX = "sandbox"

    index = models.BigIntegerField(primary_key=True)
    type = models.IntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=128)
    subject = models.CharField(max_length=128)
    world = models.CharField(max_length=8, choices=World)
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = (
            models.Index(fields=["subject", "index"], name="audit_entry_subject"),
            models.Index(fields=["type", "index"], name="audit_entry_type"),
        )
        constraints = (
            models.CheckConstraint(name="audit_entry_index_natural", condition=Q(index__gte=0)),
            models.CheckConstraint(name="audit_entry_world_known", condition=Q(world__in=["live", "sandbox"])),
        )

    def __str__(self) -> str:
        return f"entry {self.index}"

    @property
    def record(self) -> dict[str, Any]:
        """The leaf as a dictionary: the authority when a column says otherwise."""
        record: dict[str, Any] = json.loads(bytes(self.leaf))
        return record

    @property
    def body(self) -> dict[str, Any]:
        """The event's own fields."""
        body: dict[str, Any] = self.record["body"]
        return body


class Node(models.Model):
    """Hash of the complete subtree over the leaves ``index * 2**level`` and on; ``level`` starts at 1, leaves lie in
    ``Entry``."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (
            models.CheckConstraint(name="audit_node_place", condition=Q(level__gte=1, level__lte=62, index__gte=0)),
        )

    def __str__(self) -> str:
        return f"node {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed tree head. ``note`` is the C2SP text with its signatures as it was exported."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(name="audit_checkpoint_size_natural", condition=Q(size__gte=0)),)

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class LogKey(models.Model):
    """A public key of the log, valid from ``from_size`` until the size at which the next one starts; both sign that
    one."""

    vkey = models.CharField(max_length=255, unique=True)
    from_size = models.BigIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (models.CheckConstraint(name="audit_logkey_from_natural", condition=Q(from_size__gte=0)),)

    def __str__(self) -> str:
        return self.vkey.partition("+")[0] + f" from {self.from_size}"
