"""What later recordings are compared with: fingerprints and speaker embeddings, sealed under their owner's key.

Derived data of rows whose making is in the log already; so no entries of their own.
"""

from __future__ import annotations

from audiokit.clock import now
from safeguards import vault
from voices.models import Owner, Recording, SpeakerTemplate

FINGERPRINT_CONTEXT = "voices.recording.fingerprint"
EMBEDDING_CONTEXT = "voices.recording.embedding"
TEMPLATE_CONTEXT = "voices.template.embedding"


def recording_describe(*, recording: Recording, fingerprint: bytes | None, embedding: bytes | None) -> None:
    """Keep a recording's fingerprint and embedding; one erased meanwhile stays empty."""
    changes: dict[str, bytes] = {}
    key = recording.owner.data_key_id
    if fingerprint is not None:
        changes["fingerprint_sealed"] = vault.seal(key, fingerprint, context=FINGERPRINT_CONTEXT)
    if embedding is not None:
        changes["embedding_sealed"] = vault.seal(key, embedding, context=EMBEDDING_CONTEXT)
    if changes:
        Recording.objects.filter(pk=recording.pk, erased_at=None).update(**changes)


def template_store(voice_id: str, owner: Owner, template: tuple[bytes, str]) -> None:
    """Seal the voice's speaker template (embedding, version), inside the caller's transaction; an older one is replaced."""
    embedding, version = template
    SpeakerTemplate.objects.update_or_create(
        voice_id=voice_id,
        defaults={
            "owner": owner,
            "world": owner.world,
            "embedding_sealed": vault.seal(owner.data_key_id, embedding, context=TEMPLATE_CONTEXT),
            "version": version,
            "stored_at": now(),
        },
    )
