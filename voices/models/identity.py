"""Speaker templates: the already-enrolled index and the protected voices."""

from __future__ import annotations

from django.db import models

from voices.models.fields import id_field, world_field
from voices.models.owner import Owner, Voice


class SpeakerTemplate(models.Model):
    """Mean speaker embedding of an enrolled voice, sealed under its owner's key."""

    voice = models.OneToOneField(Voice, on_delete=models.PROTECT, primary_key=True, related_name="template")
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT)
    world = world_field()
    embedding_sealed = models.BinaryField()
    version = models.CharField(max_length=64)  # encoder and calibration


class ProtectedVoice(models.Model):
    """A voice that nobody may enrol. Sealed under a data key of its own."""

    id = id_field("pro")
    label_sealed = models.BinaryField()
    embedding_sealed = models.BinaryField()
    version = models.CharField(max_length=64)
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT)
    created_at = models.DateTimeField()
