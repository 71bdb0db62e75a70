"""Sealed objects that no row names: left by workers that died between storing and committing. Nobody can fetch them; they only take room."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import models

from safeguards.vault import blobs
from synthesis.models import Clip, SynthesisRequest, TrainingPart, VerifyJob
from voices.models import Recording, VoiceModel

# Longer than any step takes between storing a blob and committing its row.
GRACE: Final = timedelta(hours=6)
_COLUMNS: Final[tuple[tuple[type[models.Model], str], ...]] = (
    (Clip, "blob"),
    (Recording, "blob"),
    (SynthesisRequest, "source_blob"),
    (TrainingPart, "blob"),
    (VerifyJob, "upload"),
    (VoiceModel, "blob"),
    (VoiceModel, "weights_blob"),
)


def orphans_forget(*, now: datetime | None = None) -> int:
    """Remove what no row of any room names and is older than the grace; returns how many.

    Args:
        now: reference time.
    """
    known: set[str] = set()
    for model, column in _COLUMNS:
        rows = model._default_manager.exclude(**{column: ""}).values_list(column, flat=True)
        known.update(rows.iterator(2000))
    return blobs.sweep(blobs.orphans(known, older_than=GRACE, now=now))
