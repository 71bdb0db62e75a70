"""Which readings a voice learns from, and which are kept back to measure it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audiokit import Audio
from voices.models import Enrolment, Take
from voices.selectors import recording_audio, take_transcript
from voices.states import EnrolmentState

MOST: Final = 200
HELD_BACK: Final = 2
LEAST_TO_HOLD_BACK: Final = 12  # of few readings, none can be spared

Reading = tuple[Audio, str]


@dataclass(frozen=True, slots=True)
class Readings:
    """Sound and text of accepted takes, oldest first.

    Attributes:
        learned: what the engine learns from.
        held_back: what it has not heard; empty when there are few.
        styles: of each one learned, the manner that its owner named; None is neutral.
    """

    learned: tuple[Reading, ...]
    held_back: tuple[Reading, ...]
    styles: tuple[str | None, ...]


def gather(enrolment: Enrolment) -> Readings:
    """Readings of an enrolment, and of those before it that made a model of the same voice under the same consent.

    So an owner who adds recordings gets a model of all of them. At most ``MOST``, the newest; what was erased is left out.
    """
    earlier = Enrolment.objects.filter(
        voice_id=enrolment.voice_id, consent_id=enrolment.consent_id, state=EnrolmentState.READY
    )
    takes = (
        Take.objects.filter(
            enrolment__in=[enrolment.pk, *earlier.values_list("pk", flat=True)], state=Take.State.ACCEPTED
        )
        .exclude(recording__blob="")
        .select_related("recording__owner")
        .order_by("-created_at", "-pk")[:MOST]
    )
    ordered = list(takes)[::-1]
    kept = _held_back([take.recording.seconds for take in ordered])
    read = [(recording_audio(recording=take.recording), take_transcript(take=take)) for take in ordered]
    return Readings(
        tuple(reading for index, reading in enumerate(read) if index not in kept),
        tuple(read[index] for index in sorted(kept)),
        tuple(take.style or None for index, take in enumerate(ordered) if index not in kept),
    )


def _held_back(seconds: list[float]) -> frozenset[int]:
    """The readings of middling length: neither the richest nor ones too short to tell anything."""
    if len(seconds) < LEAST_TO_HOLD_BACK:
        return frozenset()
    by_length = sorted(range(len(seconds)), key=lambda index: (seconds[index], index))
    start = (len(by_length) - HELD_BACK) // 2
    return frozenset(by_length[start : start + HELD_BACK])
