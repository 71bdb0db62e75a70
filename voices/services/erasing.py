"""Emptying rows of what is personal. The rows stay, because the log's ids name them; what they held is gone.

Blobs are deleted after the commit that forgets them, so that a rollback loses nothing.
"""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from audiokit.clock import now
from safeguards import vault
from voices.models import Challenge, Consent, Recording, SpeakerTemplate, Take, Voice, VoiceModel


def erase_recordings(recordings: QuerySet[Recording]) -> int:
    """Drop sound, fingerprint and embedding; returns how many recordings still had any."""
    rows = recordings.filter(erased_at=None)
    for blob in rows.values_list("blob", flat=True):
        _delete_later(blob)
    return rows.update(blob="", digest="", fingerprint_sealed=None, embedding_sealed=None, erased_at=now())


def erase_models(models: QuerySet[VoiceModel]) -> int:
    """Drop trained models; returns how many."""
    rows = models.exclude(blob="")
    for blob, weights in rows.values_list("blob", "weights_blob"):
        _delete_later(blob)
        _delete_later(weights)
    return rows.update(blob="", weights_blob="", measures={})


def erase_voice_contents(voice_id: str) -> dict[str, int]:
    """Everything of one voice; counts for the log."""
    takes = Take.objects.filter(enrolment__voice_id=voice_id)
    consents = Consent.objects.filter(voice_id=voice_id)
    counts = {
        "recordings": erase_recordings(Recording.objects.filter(consent__voice_id=voice_id))
        + erase_recordings(Recording.objects.filter(take__enrolment__voice_id=voice_id)),
        "models": erase_models(VoiceModel.objects.filter(voice_id=voice_id)),
        "templates": SpeakerTemplate.objects.filter(voice_id=voice_id).delete()[0],
    }
    takes.filter(state=Take.State.ACCEPTED).update(evidence={})
    takes.exclude(state=Take.State.ACCEPTED).update(evidence=None)
    takes.update(transcript_sealed=b"", style="", refusal_detail="")
    consents.update(statement_sealed=b"", statement_digest="", evidence=None, refusal_detail="")
    Challenge.objects.filter(consent__voice_id=voice_id).update(words=[])
    Voice.objects.filter(pk=voice_id).update(label="")
    return counts


def _delete_later(blob: str) -> None:
    if blob:
        transaction.on_commit(partial(vault.blobs.delete, blob), robust=True)
