"""Enrolments, their readings, and the sound of them."""

from __future__ import annotations

from django.db.models import QuerySet

from audiokit import Audio, read
from safeguards import vault
from voices.models import Enrolment, Recording, Take
from voices.selectors.lookup import one

TRANSCRIPT_CONTEXT = "voices.take.transcript"
MAX_STORED_SECONDS = 120.0
MAX_STORED_BYTES = 96 * 1024 * 1024


def enrolments_of(*, account_id: str, voice_id: str | None = None) -> QuerySet[Enrolment]:
    """The account's enrolments, newest first."""
    rows = Enrolment.objects.filter(voice__owner__account_id=account_id).select_related("voice__owner", "consent")
    rows = rows.order_by("-created_at")
    return rows if voice_id is None else rows.filter(voice_id=voice_id)


def enrolment_get(*, account_id: str, enrolment_id: str) -> Enrolment:
    """One enrolment of the account.

    Raises:
        NotFound: no such enrolment, or a stranger's.
    """
    return one(enrolments_of(account_id=account_id), enrolment_id)


def takes_of(*, enrolment: Enrolment) -> QuerySet[Take]:
    """Readings of an enrolment, oldest first. The caller has looked the enrolment up."""
    return Take.objects.filter(enrolment=enrolment).select_related("recording").order_by("created_at", "pk")


def take_get(*, account_id: str, take_id: str) -> Take:
    """One reading of the account.

    Raises:
        NotFound: no such reading, or a stranger's.
    """
    rows = Take.objects.filter(enrolment__voice__owner__account_id=account_id)
    return one(rows.select_related("enrolment__voice__owner", "recording"), take_id)


def take_transcript(*, take: Take) -> str:
    """The sentence that was shown, empty once erased. The caller has looked the take up, or holds a permit."""
    sealed = bytes(take.transcript_sealed)
    if not sealed:
        return ""
    return vault.open(take.recording.owner.data_key_id, sealed, context=TRANSCRIPT_CONTEXT).decode()


def recording_audio(*, recording: Recording) -> Audio:
    """The sound, as it was decoded when it came. The caller has looked it up, or holds a permit.

    Raises:
        VaultError: erased, or altered.
    """
    data = vault.blobs.get(recording.blob, recording.owner.data_key_id)
    return read(data, max_seconds=MAX_STORED_SECONDS, max_bytes=MAX_STORED_BYTES)
