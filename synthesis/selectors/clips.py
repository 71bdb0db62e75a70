"""Clips, as their app may see them. Their bytes are opened by ``synthesis.egress.delivery``."""

from __future__ import annotations

from synthesis.models import Clip
from voices.selectors.lookup import one


def clip_get(*, clip_id: str, organisation_id: str, world: str) -> Clip:
    """One clip of one's own, with its request.

    Raises:
        NotFound: no such clip, or a stranger's.
    """
    mine = Clip.objects.filter(request__organisation_id=organisation_id, world=world)
    return one(mine.select_related("request", "request__voice", "request__grant"), clip_id)


def clip_list(*, organisation_id: str, world: str, limit: int = 50, before: str = "") -> list[Clip]:
    """One's own clips, newest first; ``before`` is the id of the last one seen."""
    rows = Clip.objects.select_related("request").filter(request__organisation_id=organisation_id, world=world)
    if before:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])
