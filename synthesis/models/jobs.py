"""Work that waits for a worker; one row per cause (DESIGN 2.4)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from synthesis.models.request import SynthesisRequest
from voices.models import Enrolment, JobState, LeasedJob
from voices.models.fields import state_check


class TrainingJob(LeasedJob):
    """Train a voice model from an accepted enrolment."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="training_job")

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="training_claim")]
        constraints = [state_check("training_state_known", JobState)]


class TrainingPart(models.Model):
    """A part of what a training keeps to go on from, sealed in the vault under the owner's key; gone when the job ends.

    All parts of a name are written together, so that whoever finds one finds all.
    """

    job = models.ForeignKey(TrainingJob, on_delete=models.PROTECT, related_name="parts")
    name = models.CharField(max_length=32)
    index = models.PositiveIntegerField()
    blob = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(name="training_part_once", fields=["job", "name", "index"])]


class RenderJob(LeasedJob):
    """Render one request. ``raw`` is the engine's audio, sealed to the egress key; nobody else can open it."""

    request = models.OneToOneField(SynthesisRequest, on_delete=models.PROTECT, related_name="render_job")
    raw = models.BinaryField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="render_claim")]
        constraints = [
            state_check("render_state_known", JobState),
            models.CheckConstraint(name="render_raw_only_when_done", condition=Q(raw__isnull=True) | Q(state="done")),
        ]


class EgressJob(LeasedJob):
    """Mark, encode, detect again, sign and release one rendered request; ``raw`` is dropped from the render row with it."""

    request = models.OneToOneField(SynthesisRequest, on_delete=models.PROTECT, related_name="egress_job")

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="egress_claim")]
        constraints = [state_check("egress_state_known", JobState)]


class VerifyJob(LeasedJob):
    """Analyse an uploaded clip: ``verify`` (was it made here) or ``detect`` (is it synthetic). The upload is dropped when done."""

    class Kind(models.TextChoices):
        """Which question."""

        VERIFY = "verify"
        DETECT = "detect"

    class Audience(models.TextChoices):
        """Who may read how much of the answer."""

        PUBLIC = "public"
        APP = "app"
        AUDITOR = "auditor"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    audience = models.CharField(max_length=8, choices=Audience.choices)
    asked_by = models.CharField(max_length=80, blank=True)  # principal id, empty for the public
    data_key = models.ForeignKey("vault.DataKey", on_delete=models.PROTECT)
    upload = models.CharField(max_length=120, blank=True)
    upload_sha256 = models.CharField(max_length=64)
    result = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="verify_claim")]
        constraints = [
            state_check("verify_state_known", JobState),
            models.CheckConstraint(name="verify_done_has_result", condition=~Q(state="done") | Q(result__isnull=False)),
        ]
