"""What operators see."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from safeguards import vault
from voices.errors import NotFound
from voices.models import JobState, ProtectedVoice, ProtectionJob

LABEL_CONTEXT = "voices.protected.label"


def operator_check(*, operator_id: str) -> None:
    """The account is an active operator.

    Raises:
        NotFound: it is not; a stranger learns nothing about what operators have.
    """
    people = get_user_model()._default_manager
    if not people.filter(pk=operator_id, is_active=True, is_operator=True).exists():
        raise NotFound


def protected_voices(*, operator_id: str) -> QuerySet[ProtectedVoice]:
    """The no-go list, newest first.

    Raises:
        NotFound: the account is no operator.
    """
    operator_check(operator_id=operator_id)
    return ProtectedVoice.objects.order_by("-created_at")


def protected_label(*, row: ProtectedVoice | ProtectionJob) -> str:
    """Whose voice it is, for operators; empty once its key is destroyed. The caller has looked the row up."""
    try:
        return vault.open(row.data_key_id, bytes(row.label_sealed), context=LABEL_CONTEXT).decode()
    except vault.KeyDestroyed:
        return ""


def protections_open(*, operator_id: str) -> QuerySet[ProtectionJob]:
    """Recordings that no worker has heard yet, and the operator's own that came to nothing; newest first.

    Raises:
        NotFound: the account is no operator.
    """
    operator_check(operator_id=operator_id)
    waiting = Q(state__in=[JobState.PENDING, JobState.LEASED])
    return ProtectionJob.objects.filter(waiting | Q(state=JobState.FAILED, operator_id=operator_id)).order_by(
        "-created_at"
    )[:20]
