"""What an auditor sees of a clip put before them, for a day."""

from __future__ import annotations

from django.db import models

from synthesis.models.jobs import VerifyJob


class ClipView(models.Model):
    """Envelope and spectrogram of an upload, sealed under a key of its own; see ``synthesis.verification.view``."""

    question = models.OneToOneField(VerifyJob, on_delete=models.PROTECT, primary_key=True, related_name="view")
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="clip_view_age")]
