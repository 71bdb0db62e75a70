"""What an app may see: its own grants, and the voices they are for. It never learns that another voice exists."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from audiokit.clock import now
from voices.models import Grant, Voice
from voices.selectors.lookup import one
from voices.states import GrantState, VoiceState


def grants_of_app(*, organisation_id: str, world: str, state: str | None = None) -> QuerySet[Grant]:
    """The organisation's grants in this world, newest first."""
    rows = Grant.objects.filter(organisation_id=organisation_id, world=world).select_related("voice")
    rows = rows.order_by("-created_at")
    return rows if state is None else rows.filter(state=state)


def grant_get_as_app(*, organisation_id: str, world: str, grant_id: str) -> Grant:
    """One of the organisation's grants.

    Raises:
        NotFound: no such grant, another organisation's, or of the other world.
    """
    return one(grants_of_app(organisation_id=organisation_id, world=world), grant_id)


def voices_of_app(*, organisation_id: str, world: str) -> QuerySet[Voice]:
    """Voices that an owner once let this organisation use, in whatever state grant and voice are now; in the sandbox, the actors too.

    An ended grant keeps its voice visible, so that a use that has ended is refused by name instead of by silence.
    """
    approved = Grant.objects.filter(organisation_id=organisation_id, world=world, approved_at__isnull=False)
    visible = Q(pk__in=approved.values("voice_id"))
    if world == "sandbox":
        visible |= Q(is_actor=True)
    return Voice.objects.filter(visible, world=world).order_by("-created_at")


def voice_get_as_app(*, organisation_id: str, world: str, voice_id: str) -> Voice:
    """One such voice.

    Raises:
        NotFound: no such voice, or one that this organisation has nothing to do with.
    """
    return one(voices_of_app(organisation_id=organisation_id, world=world), voice_id)


def voice_to_ask_for(*, world: str, voice_id: str) -> Voice:
    """A voice that somebody's id was given to: grants can be asked for while it has not ended.

    Raises:
        NotFound: no such voice, ended, an actor, or of the other world.
    """
    open_states = [VoiceState.PENDING, VoiceState.READY, VoiceState.SUSPENDED]
    return one(Voice.objects.filter(world=world, is_actor=False, state__in=open_states), voice_id)


def grant_choose(*, organisation_id: str, world: str, voice_id: str, purpose: str, language: str) -> Grant | None:
    """The grant that a request would use: one that covers it if there is one, else the newest approved, so that the gate can say what is missing."""
    moment = now()
    rows = list(
        grants_of_app(organisation_id=organisation_id, world=world).filter(voice_id=voice_id, approved_at__isnull=False)
    )

    def fit(grant: Grant) -> tuple[bool, bool, bool, int]:
        live = grant.state == GrantState.ACTIVE and grant.not_before <= moment < grant.expires_at
        covers = purpose in grant.purposes and language in grant.languages
        left = grant.quota_characters - grant.used_characters
        return (live and covers, live, covers, left)

    # Of equals the newest wins: rows come newest first, and max keeps the first.
    return max(rows, key=fit, default=None)
