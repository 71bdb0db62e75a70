"""For auditors: from a clip back to the spoken consent, each link with its entries in the log and their proofs."""

from __future__ import annotations

import io
from typing import Any

from safeguards.audit import bundle
from safeguards.audit.checkpoints import checkpoint_create
from safeguards.audit.errors import NothingSigned
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from synthesis.models import Clip, SynthesisRequest
from voices.models import Consent


def chain_of(request_id: str) -> dict[str, Any]:
    """Clip, request, grant and consent: ids, purposes, times, indices in the log. No name, no text, no biometrics."""
    request = SynthesisRequest.objects.select_related("grant", "voice").get(pk=request_id)
    clip = Clip.objects.filter(request=request).first()
    consent = _consent(request)
    grant = request.grant
    return {
        "clip": None
        if clip is None
        else {
            "id": clip.pk,
            "sha256": clip.sha256,
            "format": clip.format,
            "seconds": round(clip.seconds, 3),
            "payload": f"{clip.payload:08x}",
            "released_at": clip.released_at.isoformat(),
            "erased_at": clip.erased_at.isoformat() if clip.erased_at else None,
            "log_index": clip.log_index,
        },
        "request": {
            "id": request.pk,
            "world": request.world,
            "state": request.state,
            "organisation": request.organisation_id,
            "purpose": request.purpose,
            "language": request.language,
            "characters": request.characters,
            "text_commitment": request.text_commitment,
            "created_at": request.created_at.isoformat(),
            "log_indices": _indices(f"request:{request.pk}"),
        },
        "voice": {
            "id": request.voice_id,
            "state": request.voice.state,
            "actor": request.voice.is_actor,
            "log_indices": _indices(f"voice:{request.voice_id}"),
        },
        "grant": None
        if grant is None
        else {
            "id": grant.pk,
            "state": grant.state,
            "purposes": list(grant.purposes),
            "languages": list(grant.languages),
            "not_before": grant.not_before.isoformat(),
            "expires_at": grant.expires_at.isoformat(),
            "log_indices": _indices(f"grant:{grant.pk}"),
        },
        "consent": None
        if consent is None
        else {
            "id": consent.pk,
            "state": consent.state,
            "simulated": consent.simulated,
            "purposes": list(consent.purposes),
            "languages": list(consent.languages),
            "active_at": consent.active_at.isoformat() if consent.active_at else None,
            "expires_at": consent.expires_at.isoformat() if consent.expires_at else None,
            "ended_at": consent.ended_at.isoformat() if consent.ended_at else None,
            "log_indices": _indices(f"consent:{consent.pk}"),
        },
    }


def proven_entries(chain: dict[str, Any]) -> str | None:
    """The chain's log entries with inclusion proofs to a signed checkpoint: the text of a bundle file for the stand-alone verifier.

    Text, because the verifier reads a bundle's members in their order, which a JSON column does not keep.

    None while nothing can be signed, because this process holds no signing key of the log.
    """
    indices = {
        index
        for link in chain.values()
        if link is not None
        for index in link.get("log_indices", [])
        if index is not None
    }
    checkpoint_create()
    out = io.StringIO()
    try:
        bundle.export_entries(out, sorted(indices))
    except NothingSigned:
        return None
    return out.getvalue()


def _consent(request: SynthesisRequest) -> Consent | None:
    """The consent that stood when the request was accepted, as the log says."""
    accepted = Entry.objects.filter(subject=f"request:{request.pk}", type=EventType.REQUEST_ACCEPTED).first()
    named = accepted.body.get("consent") if accepted is not None else None
    return Consent.objects.filter(pk=str(named).removeprefix("consent:")).first() if named else None


def _indices(subject: str) -> list[int]:
    return list(Entry.objects.filter(subject=subject).order_by("index").values_list("index", flat=True))
