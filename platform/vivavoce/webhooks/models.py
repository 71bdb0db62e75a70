"""Endpoints, messages, deliveries and their attempts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from voices.models.fields import id_field, state_check, world_field
from voices.models.jobs import JobState, LeasedJob


class Endpoint(models.Model):
    """Where an organisation wants to be told, of which events. The secret is sealed under a data key of the endpoint's own."""

    id = id_field("whe")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="webhooks")
    world = world_field()
    url = models.CharField(max_length=500)
    events = models.JSONField()
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT)
    secret_sealed = models.BinaryField()
    old_secret_sealed = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)  # until then each message carries both signatures
    enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=64, blank=True)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="webhook_old_secret_has_end",
                condition=Q(old_secret_sealed__isnull=True, old_secret_until__isnull=True)
                | Q(old_secret_sealed__isnull=False, old_secret_until__isnull=False),
            ),
        ]


class Message(models.Model):
    """One event for one organisation: the exact bytes that every delivery carries."""

    id = id_field("msg")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="messages")
    world = world_field()
    type = models.CharField(max_length=40)
    payload = models.TextField()
    log_index = models.BigIntegerField(null=True)  # null for a test message
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="message_once_per_entry",
                fields=["log_index", "organisation", "type"],
                condition=Q(log_index__isnull=False),
            ),
        ]


class Delivery(LeasedJob):
    """One message on its way to one endpoint."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="delivery_claim")]
        constraints = [state_check("delivery_state_known", JobState)]


class Attempt(models.Model):
    """What one try to deliver met."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error_code = models.CharField(max_length=64, blank=True)


class FeedCursor(models.Model):
    """How far the log has been turned into messages. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_index = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="feed_cursor_single", condition=Q(id=1))]
