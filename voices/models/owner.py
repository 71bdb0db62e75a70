"""Voice owners and their voices."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from voices.models.fields import id_field, state_check, world_field
from voices.states import VoiceState


class Owner(models.Model):
    """A person (live) or a synthetic person (sandbox) whose voice it is.

    ``data_key`` seals everything personal of this owner; destroying it is the erasure.
    """

    id = id_field("own")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owners")
    world = world_field()
    name_sealed = models.BinaryField()  # vault.seal(context="owner.name")
    language = models.CharField(max_length=8, default="en")
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="owner_one_live_per_account_and_world", fields=["account", "world"], condition=Q(erased_at=None)
            )
        ]


class Voice(models.Model):
    """A voice: pending -> ready <-> suspended; ready|suspended -> revoked -> erased."""

    id = id_field("voi")
    # Null only for the sandbox actor, a synthetic stock voice that is nobody's.
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="voices", null=True)
    world = world_field()
    is_actor = models.BooleanField(default=False)
    actor_seed = models.PositiveIntegerField(
        null=True, unique=True
    )  # which stock voice; the engine builds it from this
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT, null=True)  # the actor's own
    label = models.CharField(max_length=80)
    language = models.CharField(max_length=8, default="en")
    state = models.CharField(max_length=16, choices=VoiceState.choices, default=VoiceState.PENDING)
    engine = models.CharField(max_length=32)
    active_model = models.ForeignKey("voices.VoiceModel", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("voice_state_known", VoiceState),
            models.CheckConstraint(
                name="voice_ready_has_model_or_is_actor",
                condition=~Q(state__in=["ready", "suspended"]) | Q(active_model__isnull=False) | Q(is_actor=True),
            ),
            models.CheckConstraint(
                name="voice_actor_is_sandbox_and_ownerless",
                condition=Q(
                    is_actor=True,
                    world="sandbox",
                    owner__isnull=True,
                    actor_seed__isnull=False,
                    data_key__isnull=False,
                )
                | Q(is_actor=False, owner__isnull=False, actor_seed__isnull=True, data_key__isnull=True),
            ),
            models.CheckConstraint(
                name="voice_revoked_has_time",
                condition=~Q(state__in=["revoked", "erased"]) | Q(revoked_at__isnull=False),
            ),
        ]
