"""Jobs are rows: the outbox of a transaction, claimed by lease (DESIGN 2.4). The broker only nudges."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from voices.models.consent import Consent
from voices.models.enrolment import Enrolment, Take
from voices.models.fields import id_field, state_check


class JobState(models.TextChoices):
    """pending -> leased -> done | failed | cancelled; an expired lease makes it claimable again."""

    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LeasedJob(models.Model):
    """Base of all jobs. ``claim``, ``renew``, ``finish``, ``give_back``, ``fail`` and ``cancel`` live in ``voices.jobs``."""

    id = id_field("job")
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.CharField(
        max_length=32, blank=True
    )  # a worker writes only while the row still holds its token
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)  # backoff after a transient failure
    cancel_requested = models.BooleanField(default=False)
    progress = models.FloatField(default=0.0)
    progress_note = models.CharField(max_length=120, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class AnalysisJob(LeasedJob):
    """Run the checks on a consent recording, on one take, or on a whole enrolment."""

    class Kind(models.TextChoices):
        """What to analyse."""

        CONSENT = "consent"
        TAKE = "take"
        ENROLMENT = "enrolment"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, null=True, related_name="job")
    take = models.OneToOneField(Take, on_delete=models.PROTECT, null=True, related_name="job")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, null=True, related_name="jobs")

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="analysis_claim")]
        constraints = [
            state_check("analysis_state_known", JobState),
            models.CheckConstraint(
                name="analysis_has_its_subject",
                condition=Q(kind="consent", consent__isnull=False)
                | Q(kind="take", take__isnull=False)
                | Q(kind="enrolment", enrolment__isnull=False),
            ),
        ]

    @property
    def subject_id(self) -> str:
        """Id of what is analysed."""
        return self.consent_id or self.take_id or self.enrolment_id or ""
