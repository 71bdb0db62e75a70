"""Characters of a grant: reserved when a request is accepted, given back when no clip comes of it. Each call is one conditional UPDATE.

Called inside the transaction of the request, whose audit entry names the characters; so no entries of their own, but for the end.
"""

from __future__ import annotations

from django.db.models import F

from audiokit.clock import now
from safeguards.audit.events import EventType
from safeguards.gate import Reason, refuse
from voices.models import Grant
from voices.services.journal import SYSTEM, recorded
from voices.services.transitions import move_any
from voices.states import GRANT, GrantState


def grant_reserve(*, grant_id: str, characters: int) -> None:
    """Count ``characters`` as used; of parallel requests only as many get through as fit.

    Raises:
        Refusal: ``quota_exhausted``: they do not fit, or the grant is no longer active.
        ValueError: not a positive number.
    """
    if characters < 1:
        raise ValueError(f"characters must be positive, got {characters}")
    fits = Grant.objects.filter(
        pk=grant_id, state=GrantState.ACTIVE, quota_characters__gte=F("used_characters") + characters
    )
    if not fits.update(used_characters=F("used_characters") + characters):
        raise refuse([Reason.QUOTA_EXHAUSTED])


def grant_return(*, grant_id: str, characters: int) -> None:
    """Give back what no clip came of. An ended grant does not live again by it."""
    Grant.objects.filter(pk=grant_id, used_characters__gte=characters).update(
        used_characters=F("used_characters") - characters
    )


def grant_settle(*, grant_id: str) -> None:
    """After a release: when everything is used up, the grant is exhausted."""
    used_up = Grant.objects.filter(pk=grant_id, used_characters__gte=F("quota_characters"))
    world = used_up.values_list("world", flat=True).first()
    if world is None:
        return
    with recorded(actor=SYSTEM, world=world) as journal:
        if move_any(used_up, GRANT, GrantState.EXHAUSTED, ended_at=now()):
            journal.add(EventType.GRANT_EXHAUSTED, f"grant:{grant_id}")
