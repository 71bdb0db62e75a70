"""What an app may do with a voice."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from voices.models.fields import id_field, state_check, world_field
from voices.models.owner import Voice
from voices.states import GrantState


class Grant(models.Model):
    """Asked for by an organisation, approved only by the owner; bounded by purpose, language, format, quota and time."""

    class Disclosure(models.TextChoices):
        """The audible notice put before each clip."""

        NONE = "none"
        TONE = "tone"
        SPOKEN = "spoken"

    id = id_field("gra")
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="grants")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="grants")
    world = world_field()
    state = models.CharField(max_length=16, choices=GrantState.choices, default=GrantState.REQUESTED)
    purposes = models.JSONField()
    languages = models.JSONField()
    formats = models.JSONField()
    disclosure = models.CharField(max_length=8, choices=Disclosure.choices, default=Disclosure.NONE)
    quota_characters = models.PositiveIntegerField()
    used_characters = models.PositiveIntegerField(default=0)  # reserved at accept, given back when no clip comes of it
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    message = models.CharField(max_length=500, blank=True)  # the app's words to the owner
    renewal_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("grant_state_known", GrantState),
            models.CheckConstraint(
                name="grant_quota_not_exceeded", condition=Q(used_characters__lte=F("quota_characters"))
            ),
            models.CheckConstraint(name="grant_window_is_forward", condition=Q(expires_at__gt=F("not_before"))),
            models.CheckConstraint(
                name="grant_active_was_approved",
                condition=~Q(state__in=["active", "exhausted"])
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
        ]
