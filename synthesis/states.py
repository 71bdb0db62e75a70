"""States of a synthesis request (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices


class RequestState(TextChoices):
    """accepted -> queued -> running -> marking -> verifying -> released | refused | failed | cancelled_revoked."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    RUNNING = "running"
    MARKING = "marking"
    VERIFYING = "verifying"
    RELEASED = "released"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED_REVOKED = "cancelled_revoked"


_ENDS = frozenset({RequestState.REFUSED, RequestState.FAILED, RequestState.CANCELLED_REVOKED})
TERMINAL = _ENDS | {RequestState.RELEASED}
# A step that starts again after its worker died goes from its own state to itself: the job row carries that, not this table.
REQUEST: Mapping[str, frozenset[str]] = {
    RequestState.ACCEPTED: frozenset({RequestState.QUEUED}) | _ENDS,
    RequestState.QUEUED: frozenset({RequestState.RUNNING}) | _ENDS,
    RequestState.RUNNING: frozenset({RequestState.MARKING}) | _ENDS,
    RequestState.MARKING: frozenset({RequestState.VERIFYING}) | _ENDS,
    RequestState.VERIFYING: frozenset({RequestState.RELEASED}) | _ENDS,
}
