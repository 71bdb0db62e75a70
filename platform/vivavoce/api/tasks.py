"""Upkeep that no room below can schedule for itself."""

from __future__ import annotations

from celery import shared_task

from safeguards.audit.checkpoints import checkpoint_create, checkpoint_due
from vivavoce.api import idempotency, limits
from vivavoce.operations import keys


@shared_task(name="vivavoce.checkpoint")
def checkpoint() -> None:
    """Sign a checkpoint when one is due."""
    if checkpoint_due():
        checkpoint_create()


@shared_task(name="vivavoce.forget")
def forget() -> None:
    """Drop full buckets and lapsed answers."""
    limits.forget_full()
    idempotency.forget_due()


@shared_task(name="vivavoce.rewrap")
def rewrap(operator_id: str) -> int:
    """Move every data key to the current key-encryption key, as an operator asked. Returns how many moved."""
    return keys.rewrap(operator_id)
