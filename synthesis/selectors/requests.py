"""Requests, as their app and as the voice's owner may see them."""

from __future__ import annotations

from safeguards import vault
from synthesis import sealing
from synthesis.models import SynthesisRequest
from voices.selectors.lookup import one


def request_get(*, request_id: str, organisation_id: str, world: str) -> SynthesisRequest:
    """One request of one's own, with its clip where there is one.

    Raises:
        NotFound: no such request, or a stranger's.
    """
    mine = SynthesisRequest.objects.filter(organisation_id=organisation_id, world=world)
    return one(mine.select_related("clip", "voice", "grant"), request_id)


def request_list(*, organisation_id: str, world: str, limit: int = 50, before: str = "") -> list[SynthesisRequest]:
    """One's own requests, newest first; ``before`` is the id of the last one seen."""
    rows = SynthesisRequest.objects.select_related("clip", "voice").filter(organisation_id=organisation_id, world=world)
    if before:
        rows = rows.filter(pk__lt=before)  # ids sort by time
    return list(rows.order_by("-pk")[:limit])


def request_text(request: SynthesisRequest) -> str | None:
    """What was asked to be spoken; None once the owner had everything erased.

    The caller has looked the request up, and so its permission.
    """
    if not request.text_sealed:
        return None
    try:
        return vault.open(request.data_key_id, bytes(request.text_sealed), context=sealing.text(request.pk)).decode()
    except vault.KeyDestroyed:
        return None


def uses_of_account(
    *, account_id: str, world: str | None = None, voice_id: str | None = None, limit: int = 100, before: str = ""
) -> list[SynthesisRequest]:
    """Every use of the voices this account owns, newest first, with organisation, voice, grant and clip; ``before`` is the id of the last seen."""
    rows = SynthesisRequest.objects.select_related("clip", "voice", "grant", "organisation").filter(
        voice__owner__account_id=account_id
    )
    if world is not None:
        rows = rows.filter(world=world)
    if voice_id is not None:
        rows = rows.filter(voice_id=voice_id)
    if before:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])
