"""Claim several requests at once, speak them as one batch, hand the sound to egress sealed."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from audiokit import Audio
from audiokit.clock import now
from safeguards import vault
from safeguards.gate import SynthesisPermit
from safeguards.vault import egress_box
from synthesis import rawaudio, sealing
from synthesis.engine.protocol import ConvertingEngine, Engine, EngineError, TimedWord, TimingEngine
from synthesis.heartbeat import Heartbeat
from synthesis.models import EgressJob, RenderJob, SynthesisRequest
from synthesis.render.engines import engine as engine_named
from synthesis.render.preparation import Prepared, drop, prepare, refuse_input, retry_or_fail, source_audio
from synthesis.services.transitions import drop_source
from synthesis.states import RequestState
from voices import jobs

logger = logging.getLogger(__name__)
BATCH = 8


def render_waiting(*, limit: int = BATCH) -> int:
    """Claim up to ``limit`` waiting requests and render them, one engine batch per engine. Returns how many were claimed."""
    claimed = jobs.claim(RenderJob, limit=limit, only=Q(request__stream=False, attempts__lt=jobs.MAX_ATTEMPTS))
    if not claimed:
        return 0
    groups: dict[tuple[str, str], list[Prepared]] = defaultdict(list)
    with Heartbeat(claimed) as heartbeat:
        for job in claimed:
            prepared = prepare(job)
            if prepared is not None:
                groups[prepared.item.voice.engine, prepared.request.kind].append(prepared)
        for (engine, _), members in groups.items():
            _render_group(engine, members, heartbeat)
    return len(claimed)


def _render_group(engine_name: str, members: Sequence[Prepared], heartbeat: Heartbeat) -> None:
    """One batch; if it cannot be rendered as a whole, each alone, so that one bad text harms nobody else."""
    wanted = [member for member in members if not _stopped(member, heartbeat)]
    if not wanted:
        return
    try:
        sounds = _speak(engine_name, wanted)
    except EngineError as error:
        if len(wanted) == 1:
            refuse_input(wanted[0].job, error)
            return
        for member in wanted:
            _render_group(engine_name, [member], heartbeat)
        return
    except Exception:  # an engine runs foreign numerics; whatever it raises, the row must not stay leased
        logger.exception("engine %s failed on a batch of %d", engine_name, len(wanted))
        for member in wanted:
            retry_or_fail(member.job, "engine_failed")
        return
    for member, sound in zip(wanted, sounds, strict=True):
        if not _stopped(member, heartbeat):
            hand_over(member, sound)


@dataclass(frozen=True)
class _Spoken:
    audio: Audio
    words: Sequence[TimedWord] | None = None


def _speak(engine_name: str, members: Sequence[Prepared]) -> list[_Spoken]:
    """The one call of an engine for whole clips; each item is covered by its own permit."""
    for member in members:
        SynthesisPermit.require(member.permit, subject=member.request.pk)
    engine, items = engine_named(engine_name), [member.item for member in members]
    if any(member.request.kind == SynthesisRequest.Kind.SPEECH for member in members):
        return [_Spoken(_convert(engine, member)) for member in members]
    if not any(member.request.timestamps for member in members):
        return [_Spoken(audio) for audio in engine.render_batch(items)]
    if not isinstance(engine, TimingEngine):
        raise EngineError("timestamps_unsupported", f"The engine {engine_name} does not know when words are heard.")
    return [_Spoken(timed.audio, timed.words) for timed in engine.render(items)]


def _convert(engine: Engine, member: Prepared) -> Audio:
    """Somebody's speech in the voice; covered by the permit that ``_speak`` asked for."""
    if not isinstance(engine, ConvertingEngine):
        raise EngineError("conversion_unsupported", f"The engine {engine.name} does not convert speech.")
    source, item = source_audio(member.request), member.item
    return engine.convert(item.voice, source, seed=item.seed, text=item.text or None, language=item.language)


def _stopped(member: Prepared, heartbeat: Heartbeat) -> bool:
    """Cancelled, revoked or taken by another worker since the last step."""
    if not heartbeat.lost(member.job) and not jobs.stop_requested(member.job)():
        return False
    drop(member.job, "cancelled")
    return True


def hand_over(member: Prepared, spoken: _Spoken) -> None:
    """Seal the sound to egress, and the words to the owner's key, and write egress's job, in the transaction that ends ours."""
    job, request = member.job, member.request
    sealed = egress_box.seal(rawaudio.pack(spoken.audio), context=sealing.raw(job.request_id))
    try:
        with transaction.atomic():
            running = SynthesisRequest.objects.filter(pk=job.request_id, state=RequestState.RUNNING)
            if not running.select_for_update(no_key=True).exists():
                raise jobs.LeaseLost(job.pk)
            jobs.finish(job)
            drop_source(request.pk)
            if request.timestamps and spoken.words is not None:
                running.update(words_sealed=_seal_words(request, spoken.words))
            RenderJob.objects.filter(pk=job.pk).update(raw=sealed)
            EgressJob.objects.get_or_create(request_id=job.request_id, defaults={"created_at": now()})
            jobs.nudge("synthesis.egress")
    except jobs.LeaseLost:
        drop(job, "cancelled")


def _seal_words(request: SynthesisRequest, words: Sequence[TimedWord]) -> bytes:
    plain = json.dumps([[word.text, round(word.start, 3), round(word.end, 3)] for word in words], ensure_ascii=False)
    return vault.seal(request.data_key_id, plain.encode(), context=sealing.words(request.pk))
