"""Spoken consents, the challenges they answer, and their human reviews."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from voices.models.fields import id_field, state_check, world_field
from voices.models.owner import Owner, Voice
from voices.states import ChallengeState, ConsentState


class Consent(models.Model):
    """One consent of one owner for one voice and one scope. ``simulated`` is true exactly in the sandbox."""

    id = id_field("con")
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="consents")
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="consents")
    world = world_field()
    simulated = models.BooleanField()
    state = models.CharField(max_length=16, choices=ConsentState.choices, default=ConsentState.DRAFT)
    purposes = models.JSONField()  # list of purpose codes the owner allows at all
    languages = models.JSONField()
    text_version = models.CharField(max_length=32)
    statement_sealed = models.BinaryField()  # the exact statement to be spoken, with the owner's name in it
    statement_digest = models.CharField(max_length=64)
    recording = models.OneToOneField("voices.Recording", on_delete=models.PROTECT, null=True, related_name="consent")
    evidence = models.JSONField(null=True)  # scores, versions, thresholds; no biometrics
    renewal_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    refusal_code = models.CharField(max_length=64, blank=True)
    refusal_detail = models.TextField(blank=True)
    text_language = models.CharField(max_length=8, default="en")
    days_valid = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("consent_state_known", ConsentState),
            models.CheckConstraint(
                name="consent_simulated_exactly_in_sandbox",
                condition=Q(simulated=True, world="sandbox") | Q(simulated=False, world="live"),
            ),
            models.CheckConstraint(
                name="consent_active_has_evidence_and_expiry",
                condition=~Q(state="active")
                | Q(evidence__isnull=False, active_at__isnull=False, expires_at__isnull=False, recording__isnull=False),
            ),
            models.UniqueConstraint(name="consent_one_active_per_voice", fields=["voice"], condition=Q(state="active")),
        ]


class Challenge(models.Model):
    """Random words, bound to account, voice and scope; single use; short-lived."""

    class Kind(models.TextChoices):
        """Words drawn at random, or sentences drawn from the person's own (live demonstrations only)."""

        WORDS = "words"
        SENTENCES = "sentences"

    id = id_field("cha")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="challenges")
    nonce = models.CharField(max_length=32, unique=True)  # 128 bits, hex
    scope_digest = models.CharField(max_length=64)  # over account, voice, purposes, languages, text version
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.WORDS)
    words = models.JSONField()  # as shown, in order; for the kind "sentences" each item is a sentence
    # When the client showed each word, in seconds from the start of the recording; null when it showed them all at once.
    shown_s = models.JSONField(null=True)
    state = models.CharField(max_length=16, choices=ChallengeState.choices, default=ChallengeState.ISSUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("challenge_state_known", ChallengeState),
            models.CheckConstraint(name="challenge_expires_after_issue", condition=Q(expires_at__gt=F("issued_at"))),
            models.CheckConstraint(name="challenge_at_most_three_tries", condition=Q(attempts__lte=3)),
            models.UniqueConstraint(
                name="challenge_one_open_per_consent", fields=["consent"], condition=Q(state="issued")
            ),
        ]


class Review(models.Model):
    """One operator's judgement of a borderline consent; activation needs two different people."""

    id = id_field("rev")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    approve = models.BooleanField()
    reason = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="review_once_per_person", fields=["consent", "reviewer"])]
