"""What an app asked to be spoken."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from synthesis.states import RequestState
from voices.models import Grant, Voice
from voices.models.fields import id_field, state_check, world_field


class SynthesisRequest(models.Model):
    """One text in one voice. The text is sealed under the voice owner's key, so that erasure reaches it."""

    class Kind(models.TextChoices):
        """What is given: a text, or speech whose voice is changed."""

        TEXT = "text"
        SPEECH = "speech"

    id = id_field("req")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    source_blob = models.CharField(max_length=120, blank=True)  # the speech, sealed; removed once it was converted
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="requests")
    api_key_id = models.CharField(max_length=40, blank=True)  # which key asked; text, since keys may be deleted
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="requests")
    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, null=True, related_name="requests"
    )  # null: sandbox actor
    world = world_field()
    state = models.CharField(max_length=20, choices=RequestState.choices, default=RequestState.ACCEPTED)
    data_key = models.ForeignKey(
        "vault.DataKey", on_delete=models.PROTECT
    )  # the owner's; the actor's own for actor speech
    text_sealed = models.BinaryField()
    text_commitment = models.CharField(max_length=64)
    characters = models.PositiveIntegerField()
    purpose = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    format = models.CharField(max_length=8)
    speed = models.FloatField(default=1.0)
    pitch = models.FloatField(default=0.0)  # semitones
    emotion = models.CharField(max_length=40, blank=True)
    valence = models.FloatField(default=0.0)  # unpleasant to pleasant, -1 to 1, on top of the emotion
    arousal = models.FloatField(default=0.0)  # calm to excited, -1 to 1
    style = models.CharField(max_length=40, blank=True)  # name of a labelled reference of the voice
    seed = models.PositiveIntegerField()
    stream = models.BooleanField(default=False)  # windows leave while the rest is still being rendered
    timestamps = models.BooleanField(default=False)  # when each word is heard is wanted too
    words_sealed = models.BinaryField(null=True)  # words and times in the engine's sound, under the owner's key
    reserved_characters = models.PositiveIntegerField(
        default=0
    )  # held in the grant for this request; zero once given back
    refusal_code = models.CharField(max_length=64, blank=True)
    refusal_detail = models.TextField(blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-created_at"], name="request_by_org")]
        constraints = [
            state_check("request_state_known", RequestState),
            models.CheckConstraint(name="request_source_is_speech", condition=Q(source_blob="") | Q(kind="speech")),
            models.CheckConstraint(
                name="request_live_has_grant", condition=Q(grant__isnull=False) | Q(world="sandbox")
            ),
            models.CheckConstraint(
                name="request_refused_has_code",
                condition=~Q(state__in=["refused", "failed", "cancelled_revoked"]) | ~Q(refusal_code=""),
            ),
        ]
