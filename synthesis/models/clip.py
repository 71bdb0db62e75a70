"""Released audio."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from synthesis.models.request import SynthesisRequest
from voices.models.fields import id_field, world_field


class ClipNumber(models.Model):
    """The counter behind watermark payloads: one number per request, so that a rendering done twice carries the same mark."""

    number = models.BigAutoField(primary_key=True)
    request = models.OneToOneField(SynthesisRequest, on_delete=models.PROTECT, related_name="clip_number")
    payload = models.BigIntegerField(null=True)  # 32 bits, keyed permutation of the number; set with key_id
    key_id = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="clip_number_payload_once_per_key", fields=["key_id", "payload"]),
            models.CheckConstraint(name="clip_number_payload_has_key", condition=Q(payload=None) | ~Q(key_id="")),
        ]


class Clip(models.Model):
    """One released clip: sealed bytes, the mark they carry, and what finds them again."""

    id = id_field("cli")
    request = models.OneToOneField(SynthesisRequest, on_delete=models.PROTECT, related_name="clip")
    world = world_field()
    payload = models.BigIntegerField()
    watermark_key_id = models.CharField(max_length=32)
    format = models.CharField(max_length=8)
    seconds = models.FloatField()
    lead_seconds = models.FloatField(default=0.0)  # of the audible notice before the speech
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)  # of the delivered bytes
    blob = models.CharField(max_length=120, blank=True)
    fingerprint = models.BinaryField(null=True)  # compact, not invertible to speech; erased with the clip
    manifest_digest = models.CharField(
        max_length=64, blank=True
    )  # SHA-256 of what the C2PA manifest states; empty without one
    watermark_log10_p = models.FloatField()  # of the mark detected again in the delivered bytes
    log_index = models.BigIntegerField()
    released_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="clip_erased_has_no_blob", condition=Q(erased_at=None) | Q(blob="")),
            models.UniqueConstraint(name="clip_payload_once_per_key", fields=["watermark_key_id", "payload"]),
            models.CheckConstraint(name="clip_payload_is_32_bits", condition=Q(payload__gte=0, payload__lt=2**32)),
        ]
