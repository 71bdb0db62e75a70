"""Pieces of a request that is heard while it is still being spoken."""

from __future__ import annotations

from django.db import models

from synthesis.models.request import SynthesisRequest


class RawWindow(models.Model):
    """One clause as the engine spoke it, sealed to the egress key; dropped when the clip is released or comes to nothing."""

    request = models.ForeignKey(SynthesisRequest, on_delete=models.PROTECT, related_name="raw_windows")
    index = models.PositiveIntegerField()
    raw = models.BinaryField()
    last = models.BooleanField(default=False)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(name="raw_window_once", fields=["request", "index"])]


class StreamWindow(models.Model):
    """Bytes that may leave now: marked, encoded, and the mark found again in all that has left up to here.

    Sealed under the data key of the request. Written by egress alone.
    """

    request = models.ForeignKey(SynthesisRequest, on_delete=models.PROTECT, related_name="stream_windows")
    index = models.PositiveIntegerField()
    sealed = models.BinaryField()
    last = models.BooleanField(default=False)
    watermark_log10_p = models.FloatField()  # of the mark in everything released so far, this window included
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(name="stream_window_once", fields=["request", "index"])]
