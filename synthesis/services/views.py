"""What is shown of an auditor's upload: kept for a day, then destroyed with its key."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from audiokit.clock import now
from safeguards import vault
from synthesis.models import ClipView, VerifyJob

KEPT: Final = timedelta(days=1)
CONTEXT: Final = "synthesis.clip-view"
_BATCH: Final = 200


def view_keep(*, job: VerifyJob, content: bytes) -> None:
    """Seal what is shown of a question's upload; a second run of the same job replaces it."""
    with transaction.atomic():
        _destroy(ClipView.objects.filter(question=job).first())
        key = vault.keys.create()
        sealed = vault.seal(key.pk, content, context=CONTEXT)
        ClipView.objects.create(question=job, data_key=key, sealed=sealed, created_at=now())


def views_forget_due() -> int:
    """Destroy what is older than a day. Returns how many."""
    due = list(ClipView.objects.filter(created_at__lt=now() - KEPT)[:_BATCH])
    for view in due:
        with transaction.atomic():
            _destroy(view)
    return len(due)


def _destroy(view: ClipView | None) -> None:
    if view is None:
        return
    key = view.data_key_id
    view.delete()
    vault.keys.destroy(key)
