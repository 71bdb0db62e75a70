"""What every accepted request has in common, whether a text is to be spoken or a recording to be converted."""

from __future__ import annotations

import hashlib

from safeguards import vault
from safeguards.audit import log
from safeguards.audit.events import EventType
from safeguards.vault import blobs
from synthesis import sealing
from synthesis.models import RenderJob, SynthesisRequest
from synthesis.permits import derive_synthesis
from voices import jobs
from voices.selectors.facts import standing_consent
from voices.services.quota import grant_reserve

SOURCE = "source"  # kind of the stored recording


def accept(request: SynthesisRequest, text: str, source: bytes | None = None) -> None:
    """Gate, quota, row, render job and audit entry, inside the caller's transaction.

    Args:
        request: filled in, not saved.
        text: what is spoken, or what is said in the recording as far as it is known.
        source: the recording to be converted.

    Raises:
        Refusal: the gate says no.
    """
    permit = derive_synthesis(request)
    consent = None if request.voice.is_actor else standing_consent(request.voice_id)
    if request.grant_id is not None:
        # One conditional UPDATE: of two requests that race for the last characters, one is refused.
        grant_reserve(grant_id=request.grant_id, characters=request.characters)
        request.reserved_characters = request.characters
    # Sealed only now: an erased voice is refused by the gate, in its own words, before its destroyed key is touched.
    key_id, context = request.data_key_id, sealing.text(request.pk)
    committed = text if source is None else f"{hashlib.sha256(source).hexdigest()}:{text}"
    request.text_sealed = vault.seal(key_id, text.encode(), context=context)
    request.text_commitment = vault.commit(key_id, context, committed)
    if source is not None:
        request.source_blob = blobs.put(key_id, source, kind=SOURCE)
    try:
        _write(request, permit.id, permit.policy_version, consent.pk if consent else None)
    except BaseException:
        if request.source_blob:
            blobs.delete(request.source_blob)
        raise


def _write(request: SynthesisRequest, permit_id: str, policy: str, consent_id: str | None) -> None:
    request.save(force_insert=True)
    RenderJob.objects.create(request=request, created_at=request.created_at)
    jobs.nudge("synthesis.render")
    log.append(
        EventType.REQUEST_ACCEPTED,
        actor=f"organisation:{request.organisation_id}",
        subject=f"request:{request.pk}",
        world=request.world,
        body={
            "voice": f"voice:{request.voice_id}",
            "grant": f"grant:{request.grant_id}" if request.grant_id else None,
            "consent": f"consent:{consent_id}" if consent_id else None,
            "permit": permit_id,
            "policy": policy,
            "text": request.text_commitment,
            "characters": request.characters,
            "purpose": request.purpose,
            "language": request.language,
            "format": request.format,
            **({"kind": request.kind} if request.kind != SynthesisRequest.Kind.TEXT else {}),
        },
    )
