"""How much an organisation uses, by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from audiokit.clock import now
from synthesis.models import SynthesisRequest
from synthesis.states import RequestState

DAYS = 30
_ENDED_BADLY = [RequestState.REFUSED, RequestState.FAILED, RequestState.CANCELLED_REVOKED]


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """One day (UTC): requests, of them released and ended without a clip; characters and seconds of what was released."""

    day: date
    requests: int = 0
    released: int = 0
    refused: int = 0
    characters: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class VoiceOfUse:
    """What was released in one voice over the same days."""

    voice_id: str
    label: str
    released: int
    characters: int


def usage_by_day(*, organisation_id: str, world: str, days: int = DAYS) -> list[DayOfUse]:
    """The last ``days`` days up to today, oldest first, days without use included."""
    today = now().date()
    first = today - timedelta(days=days - 1)
    released = Q(state=RequestState.RELEASED)
    rows = (
        _since(organisation_id, world, first)
        .annotate(day=TruncDate("created_at", tzinfo=UTC))
        .values("day")
        .annotate(
            requests=Count("pk"),
            released=Count("pk", filter=released),
            refused=Count("pk", filter=Q(state__in=_ENDED_BADLY)),
            characters=Sum("characters", filter=released, default=0),
            seconds=Sum("clip__seconds", filter=released, default=0.0),
        )
    )
    found = {row["day"]: DayOfUse(**row) for row in rows}
    every = (first + timedelta(days=number) for number in range(days))
    return [found.get(day, DayOfUse(day)) for day in every]


def usage_by_voice(*, organisation_id: str, world: str, days: int = DAYS, most: int = 5) -> list[VoiceOfUse]:
    """The voices most used in the last ``days`` days."""
    first = now().date() - timedelta(days=days - 1)
    rows = (
        _since(organisation_id, world, first)
        .filter(state=RequestState.RELEASED)
        .values("voice_id", "voice__label", "voice__is_actor")
        .annotate(released=Count("pk"), characters=Sum("characters", default=0))
        .order_by("-characters")[:most]
    )
    # What an owner calls the voice is the owner's; an app knows its id.
    return [
        VoiceOfUse(
            row["voice_id"],
            row["voice__label"] if row["voice__is_actor"] else "",
            row["released"],
            row["characters"],
        )
        for row in rows
    ]


def _since(organisation_id: str, world: str, first: date) -> QuerySet[SynthesisRequest]:
    begin = datetime.combine(first, time.min, UTC)
    return SynthesisRequest.objects.filter(organisation_id=organisation_id, world=world, created_at__gte=begin)
