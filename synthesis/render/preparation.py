"""From a claimed job to what the engine takes: permit derived anew, text opened, voice loaded."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial

from audiokit import Audio, AudioError, read
from safeguards import vault
from safeguards.errors import Refusal
from safeguards.gate import SynthesisPermit
from synthesis.engine.protocol import EngineError, RenderItem, VoiceModel
from synthesis.models import RenderJob, SynthesisRequest
from synthesis.permits import derive_synthesis
from synthesis.selectors import request_text
from synthesis.services.conversions import MAX_BYTES, MAX_SECONDS
from synthesis.services.transitions import request_fail, request_queue, request_refuse, request_start
from voices import jobs
from voices.models import Voice
from voices.models import VoiceModel as VoiceModelRow
from voices.selectors import voice_model_bytes, voice_model_weights

logger = logging.getLogger(__name__)
ACTOR = "worker:render"


@dataclass(frozen=True)
class Prepared:
    """A claimed request with everything the engine needs, and the permit it goes by."""

    job: RenderJob
    request: SynthesisRequest
    permit: SynthesisPermit
    item: RenderItem


class _Ended(Exception):
    """The request ended before the engine began."""


def prepare(job: RenderJob) -> Prepared | None:
    """Make a claimed job ready for the engine; None when its request ended before or here."""
    try:
        return _prepare(job)
    except Refusal as refusal:
        request_refuse(request_id=job.request_id, refusal=refusal, actor=ACTOR)
        drop(job, refusal.code)
    except (_Ended, vault.KeyDestroyed):
        drop(job, "request_ended")
    except EngineError as error:
        refuse_input(job, error)
    return None


def _prepare(job: RenderJob) -> Prepared:
    request = SynthesisRequest.objects.select_related("voice__active_model").get(pk=job.request_id)
    if not request_queue(request_id=request.pk):
        raise _Ended
    permit = derive_synthesis(request)
    item = render_item(request)
    if not request_start(request_id=request.pk):
        raise _Ended
    return Prepared(job, request, permit, item)


def render_item(request: SynthesisRequest) -> RenderItem:
    """What the engine is asked for; text and model are opened here.

    Raises:
        EngineError: there is no usable model.
        VaultError: text or model cannot be opened: ``KeyDestroyed`` once erased.
    """
    text = request_text(request)
    if text is None:
        raise vault.KeyDestroyed("the text of this request was erased")
    return RenderItem(
        voice=voice_model(request.voice),
        text=text,
        seed=request.seed,
        speed=request.speed,
        pitch=request.pitch,
        emotion=request.emotion or None,
        language=request.language,
        valence=request.valence,
        arousal=request.arousal,
        style=request.style or None,
    )


def source_audio(request: SynthesisRequest) -> Audio:
    """The recording that is to be converted.

    Raises:
        EngineError: ``source_unreadable``.
        VaultError: erased, or altered.
    """
    try:
        data = vault.blobs.get(request.source_blob, request.data_key_id)
        return read(data, max_seconds=MAX_SECONDS + 1.0, max_bytes=MAX_BYTES)
    except AudioError as error:
        raise EngineError("source_unreadable", f"The recording cannot be read: {error.code}.") from error


def voice_model(voice: Voice) -> VoiceModel:
    """The model that speaks for a voice: its own active one, or the sandbox actor's.

    Raises:
        EngineError: the stored bytes are not the model that was put there.
        VaultError: the model cannot be opened.
    """
    if voice.actor_seed is not None:
        # Loads torch, which a worker for another engine needs not.
        from synthesis.engine.parametric.actors import sandbox_actor

        return sandbox_actor(voice.actor_seed)
    if voice.active_model is None:
        raise EngineError("voice_not_ready", "This voice has no trained model.")
    return stored_model(voice.active_model)


def stored_model(row: VoiceModelRow) -> VoiceModel:
    """A stored version; its own weights, where it has any, are opened only when the engine asks for them.

    Raises:
        EngineError: the stored bytes are not the model that was put there.
        VaultError: the model cannot be opened.
    """
    model = VoiceModel.from_bytes(voice_model_bytes(model=row))
    if model.digest != row.digest:
        raise EngineError("bad_voice_model", "The stored model is not the one that was trained.")
    return replace(model, weights=partial(voice_model_weights, model=row)) if row.weights_blob else model


def drop(job: RenderJob, code: str) -> None:
    """The request has ended, so there is nothing to do for its job. A row that is no longer ours is not our concern."""
    try:
        jobs.fail(job, code)
    except jobs.LeaseLost:
        logger.info("render job %s was taken by another worker", job.pk)


def refuse_input(job: RenderJob, error: EngineError) -> None:
    """The engine will not take this text or voice, and trying again will not help."""
    request_fail(request_id=job.request_id, code=error.code, sentence=error.detail, actor=ACTOR)
    drop(job, error.code)


def retry_or_fail(job: RenderJob, code: str) -> None:
    """Something passing went wrong: later again, or for good when the attempts are used up."""
    if jobs.give_back(job, code):
        return
    sentence = "The speech could not be rendered; try again later."
    request_fail(request_id=job.request_id, code=code, sentence=sentence, actor=ACTOR)
    drop(job, code)
