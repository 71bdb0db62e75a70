"""What this room does when an owner revokes, erases, or when an enrolment is accepted. Called by ``voices.hooks`` inside its transaction."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import Q

from audiokit.clock import now
from safeguards.audit import log
from safeguards.audit.events import EventType
from synthesis.egress import removal
from synthesis.models import Clip, RawWindow, RenderJob, StreamWindow, SynthesisRequest, TrainingJob
from synthesis.services.trainings import trainings_stop
from synthesis.services.transitions import end_open_rows
from synthesis.states import RequestState
from synthesis.verification.index import clip_index
from voices import hooks, jobs
from voices.hooks import Erasure, Revocation
from voices.models import Enrolment

ACTOR = "system:revocation"
_SENTENCE = "The owner took the permission back before the clip was released."


def register() -> None:
    """Tell the voices room whom to call; once, when the application starts."""
    hooks.on_revocation(on_revocation)
    hooks.on_erasure(on_erasure)
    hooks.on_enrolment_accepted(on_enrolment_accepted)
    hooks.on_clip_match(on_clip_match)


def on_revocation(revocation: Revocation) -> None:
    """End every open request of the voice (or of the one grant), and training of it.

    Requests end at once, also those being worked on: their release is a conditional UPDATE that then finds nothing.
    """
    wanted = Q(voice_id=revocation.voice_id)
    if revocation.grant_id is not None:
        wanted &= Q(grant_id=revocation.grant_id)
    else:
        trainings_stop([revocation.voice_id])
    _end_all(wanted, revocation.code)
    StreamWindow.objects.filter(request__in=SynthesisRequest.objects.filter(wanted)).delete()


def on_erasure(erasure: Erasure) -> None:
    """Forget all sound and fingerprints of these voices; the rows stay, since the log names them."""
    wanted = Q(voice_id__in=erasure.voice_ids)
    trainings_stop(erasure.voice_ids)
    _end_all(wanted, "voice_erased")
    mine = SynthesisRequest.objects.filter(wanted)
    RenderJob.objects.filter(request__in=mine).update(raw=None)
    RawWindow.objects.filter(request__in=mine).delete()
    StreamWindow.objects.filter(request__in=mine).delete()
    refs = list(Clip.objects.filter(request__in=mine).exclude(blob="").values_list("blob", flat=True))
    Clip.objects.filter(request__in=mine, erased_at=None).update(blob="", erased_at=now())
    Clip.objects.filter(request__in=mine).update(fingerprint=None)
    # Where only one voice of an owner goes, the data key lives on: the texts must go by themselves.
    mine.update(text_sealed=b"", words_sealed=None)
    # Where the data key is destroyed in this transaction, nobody can open the files, should the process die before they go.
    transaction.on_commit(partial(removal.drop, refs), robust=True)


def on_enrolment_accepted(enrolment_id: str) -> None:
    """Write the training job; one per enrolment."""
    enrolment = Enrolment.objects.get(pk=enrolment_id)
    TrainingJob.objects.get_or_create(enrolment=enrolment, defaults={"created_at": now()})
    jobs.nudge("synthesis.train")


def on_clip_match(_world: str, fingerprint: bytes) -> float | None:
    """How well a recording matches a released clip of either world: played back here, it would be no living person's."""
    best = next(iter(clip_index().matches(fingerprint)), None)
    return None if best is None else min(1.0, max(0.0, best.score))


def _end_all(wanted: Q, code: str) -> None:
    """All rows first, then all entries: whoever holds the log's lock must not wait for a row (see ``transitions``)."""
    ended = end_open_rows(wanted, RequestState.CANCELLED_REVOKED, code=code, sentence=_SENTENCE)
    for request_id, world in ended:
        log.append(
            EventType.REQUEST_CANCELLED_REVOKED,
            actor=ACTOR,
            subject=f"request:{request_id}",
            world=world,
            body={"code": code},
        )
