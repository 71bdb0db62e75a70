"""Recordings, enrolments and the voice models that come of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from voices.models.fields import id_field, state_check, world_field
from voices.models.owner import Owner, Voice
from voices.states import EnrolmentState


class Recording(models.Model):
    """One recording of an owner, sealed in the vault. Deleted rows leave only the audit log's commitment."""

    class Purpose(models.TextChoices):
        """What it was recorded for."""

        CONSENT = "consent"
        ENROLMENT = "enrolment"

    id = id_field("rec")
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="recordings")
    world = world_field()
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    blob = models.CharField(max_length=120, blank=True)  # vault blob reference; empty after erasure
    digest = models.CharField(max_length=64)  # vault.commit of the decoded samples: equality within one owner only
    seconds = models.FloatField()
    sample_rate = models.PositiveIntegerField()
    fingerprint_sealed = models.BinaryField(null=True)
    embedding_sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="recording_erased_has_no_blob", condition=Q(erased_at=None) | Q(blob="")),
        ]


class Enrolment(models.Model):
    """Readings of known sentences, screened one by one, then trained on."""

    id = id_field("enr")
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="enrolments")
    consent = models.ForeignKey("voices.Consent", on_delete=models.PROTECT, related_name="enrolments")
    world = world_field()
    state = models.CharField(max_length=16, choices=EnrolmentState.choices, default=EnrolmentState.COLLECTING)
    problem = models.TextField(blank=True)
    progress = models.FloatField(default=0.0)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("enrolment_state_known", EnrolmentState),
            models.UniqueConstraint(
                name="enrolment_one_open_per_voice",
                fields=["voice"],
                condition=Q(state__in=["collecting", "screening", "queued", "training"]),
            ),
        ]


class Take(models.Model):
    """One reading within an enrolment: the sentence shown, the recording, the verdict of its own checks."""

    class State(models.TextChoices):
        """Where its checks stand."""

        CHECKING = "checking"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    id = id_field("tak")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="takes")
    recording = models.OneToOneField(Recording, on_delete=models.PROTECT, related_name="take")
    transcript_sealed = models.BinaryField()
    style = models.CharField(max_length=40, blank=True)  # name of the manner it was read in; empty is neutral
    state = models.CharField(max_length=16, choices=State.choices, default=State.CHECKING)
    evidence = models.JSONField(null=True)
    refusal_code = models.CharField(max_length=64, blank=True)
    refusal_detail = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="take_state_known", condition=Q(state__in=["checking", "accepted", "rejected"])
            ),
            models.CheckConstraint(
                name="take_accepted_has_evidence", condition=~Q(state="accepted") | Q(evidence__isnull=False)
            ),
        ]


class VoiceModel(models.Model):
    """An immutable trained model of a voice; versions stand side by side, one is active."""

    id = id_field("mod")
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="models")
    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="model")
    version = models.PositiveIntegerField()
    engine = models.CharField(max_length=32)
    engine_version = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)  # SHA-256 of the model bytes before sealing
    blob = models.CharField(max_length=120, blank=True)
    weights_blob = models.CharField(max_length=120, blank=True)  # weights of its own, where the engine trained any
    measures = models.JSONField(default=dict)  # similarity and intelligibility on held-back takes
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="voice_model_version_once", fields=["voice", "version"])]
