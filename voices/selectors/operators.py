"""What operators see."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from voices.errors import NotFound
from voices.models import ProtectedVoice


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
