"""The permit of one request, derived anew from the rows each time it is asked for: at accept, claim, mark and release."""

from __future__ import annotations

from audiokit.clock import now
from safeguards.gate import ReleaseFacts, ReleasePermit, RequestFacts, SynthesisPermit, permit_release, permit_synthesis
from synthesis.models import SynthesisRequest
from voices.selectors import synthesis_facts


def request_facts(request: SynthesisRequest) -> RequestFacts:
    """What the gate needs to know; the quota is asked about only while it is not yet reserved."""
    return RequestFacts(
        request_id=request.pk,
        organisation_id=request.organisation_id,
        world=request.world,
        purpose=request.purpose,
        language=request.language,
        format=request.format,
        characters=request.characters,
        reserved=request.reserved_characters > 0,
    )


def derive_synthesis(request: SynthesisRequest, *, lock: bool = False) -> SynthesisPermit:
    """May this request still be spoken?

    Args:
        lock: hold voice, consent and grant until the caller's transaction ends.

    Raises:
        Refusal: no longer.
    """
    facts = synthesis_facts(
        voice_id=request.voice_id, grant_id=request.grant_id, request=request_facts(request), lock=lock
    )
    return permit_synthesis(facts, now())


def derive_release(
    request: SynthesisRequest, *, detected: bool, payload_matches: bool, encoded_format: str, sha256: str
) -> ReleasePermit:
    """May this clip leave? Inside the release transaction: voice, consent and grant stay locked until it ends.

    Raises:
        Refusal: no.
    """
    facts = synthesis_facts(
        voice_id=request.voice_id, grant_id=request.grant_id, request=request_facts(request), lock=True
    )
    return permit_release(
        ReleaseFacts(
            synthesis=facts,
            watermark_detected=detected,
            watermark_payload_matches=payload_matches,
            encoded_format=encoded_format,
            sha256=sha256,
        ),
        now(),
    )
