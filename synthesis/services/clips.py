"""What may happen to a clip after its release."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from audiokit.clock import now
from safeguards.audit import log
from safeguards.audit.events import EventType
from synthesis.egress import removal
from synthesis.models import Clip, SynthesisRequest
from voices.selectors.lookup import one


def clip_delete(*, clip_id: str, organisation_id: str, world: str, actor: str) -> None:
    """Drop the bytes for good. The row and its fingerprint stay, so that the clip can still be recognised. Twice changes nothing.

    Raises:
        NotFound: no such clip, or a stranger's.
    """
    with transaction.atomic():
        mine = Clip.objects.filter(request__organisation_id=organisation_id, world=world)
        clip = one(mine, clip_id)
        blob = clip.blob
        if not Clip.objects.filter(pk=clip_id, erased_at=None).update(blob="", erased_at=now()):
            return
        SynthesisRequest.objects.filter(pk=clip.request_id).update(words_sealed=None)
        transaction.on_commit(partial(removal.drop, [blob]), robust=True)
        log.append(EventType.CLIP_DELETED, actor=actor, subject=f"clip:{clip_id}", world=world)
