"""Rows of the interface itself: limits and idempotency. Nothing here outlives a day or two."""

from __future__ import annotations

from django.db import models


class RateBucket(models.Model):
    """Generic cell rate algorithm: ``arrival`` is when the bucket will be full again, in Unix seconds."""

    key = models.CharField(primary_key=True, max_length=64)
    arrival = models.FloatField()


class ReplayKey(models.Model):
    """The data key that seals the stored answers of one day; destroying it forgets them all."""

    day = models.DateField(primary_key=True)
    data_key = models.OneToOneField("vault.DataKey", on_delete=models.PROTECT)


class IdempotencyRecord(models.Model):
    """One use of an ``Idempotency-Key`` by one principal."""

    principal = models.CharField(max_length=96)
    key_hash = models.CharField(max_length=64)  # HMAC: a client may put anything into its key
    request_hash = models.CharField(max_length=64)  # of method, path and body
    token = models.CharField(max_length=32)  # who holds the row while in flight
    in_flight_until = models.DateTimeField(null=True)  # null once answered
    status = models.PositiveSmallIntegerField(null=True)
    body_sealed = models.BinaryField(null=True)
    replay_key = models.ForeignKey(ReplayKey, on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="idempotency_key_once", fields=["principal", "key_hash"]),
            models.CheckConstraint(
                name="idempotency_answered_or_in_flight",
                condition=models.Q(in_flight_until__isnull=True, status__isnull=False, body_sealed__isnull=False)
                | models.Q(in_flight_until__isnull=False, status__isnull=True, body_sealed__isnull=True),
            ),
        ]
