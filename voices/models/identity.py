"""Speaker templates: the already-enrolled index and the protected voices."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from voices.models.fields import id_field, state_check, world_field
from voices.models.jobs import JobState, LeasedJob
from voices.models.owner import Owner, Voice


class SpeakerTemplate(models.Model):
    """Mean speaker embedding of an enrolled voice, sealed under its owner's key."""

    voice = models.OneToOneField(Voice, on_delete=models.PROTECT, primary_key=True, related_name="template")
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT)
    world = world_field()
    embedding_sealed = models.BinaryField()
    version = models.CharField(max_length=64)  # encoder and calibration
    stored_at = models.DateTimeField()  # a replaced template is told from the one before by it


class ProtectedVoice(models.Model):
    """A voice that nobody may enrol. Sealed under a data key of its own."""

    id = id_field("pro")
    label_sealed = models.BinaryField()
    embedding_sealed = models.BinaryField()
    version = models.CharField(max_length=64)
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT)
    created_at = models.DateTimeField()


class ProtectionJob(LeasedJob):
    """A recording that an operator wants protected, until a worker has heard it; the upload goes when it has, whatever came of it.

    ``data_key`` becomes that of the protected voice, or is destroyed.
    """

    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT)
    label_sealed = models.BinaryField()
    upload = models.CharField(max_length=120, blank=True)
    protected_id = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="protection_claim")]
        constraints = [
            state_check("protection_state_known", JobState),
            models.CheckConstraint(
                name="protection_ended_keeps_no_upload", condition=~Q(state__in=["done", "failed"]) | Q(upload="")
            ),
        ]
