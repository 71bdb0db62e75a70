"""Speaking one request clause by clause, each handed to egress as soon as it is spoken."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import Q

from audiokit import Audio
from audiokit.clock import now
from safeguards.gate import SynthesisPermit
from safeguards.vault import egress_box
from synthesis import rawaudio, sealing
from synthesis.engine.protocol import EngineError
from synthesis.heartbeat import Heartbeat
from synthesis.models import EgressJob, RawWindow, RenderJob, SynthesisRequest
from synthesis.render.engines import engine as engine_named
from synthesis.render.preparation import Prepared, drop, prepare, refuse_input, retry_or_fail
from synthesis.states import RequestState
from voices import jobs

logger = logging.getLogger(__name__)
# Egress marks, and so moves the request on, while the rest is still being spoken.
_WANTED = (RequestState.RUNNING, RequestState.MARKING)


class Stopped(Exception):
    """Cancelled, revoked, or taken by another worker."""


def stream_waiting() -> int:
    """Claim one request that is to be streamed, and speak it. Returns how many were claimed."""
    only = Q(request__stream=True, attempts__lt=jobs.MAX_ATTEMPTS)
    claimed = jobs.claim(RenderJob, only=only)
    for job in claimed:
        with Heartbeat([job]) as heartbeat:
            prepared = prepare(job)
            if prepared is not None:
                _speak(prepared, heartbeat)
    return len(claimed)


def _speak(prepared: Prepared, heartbeat: Heartbeat) -> None:
    job = prepared.job
    SynthesisPermit.require(prepared.permit, subject=prepared.request.pk)
    try:
        spoken = 0
        for clause in engine_named(prepared.item.voice.engine).stream(prepared.item):
            if heartbeat.lost(job) or jobs.stop_requested(job)():
                raise Stopped
            _hand_over(job, spoken, clause)
            spoken += 1
        _end(job, spoken)
    except (Stopped, jobs.LeaseLost):
        drop(job, "cancelled")
    except EngineError as error:
        refuse_input(job, error)
    except Exception:  # an engine runs foreign numerics; whatever it raises, the row must not stay leased
        logger.exception("engine %s failed on a stream", prepared.item.voice.engine)
        retry_or_fail(job, "engine_failed")


def _hand_over(job: RenderJob, index: int, clause: Audio) -> None:
    """Write one clause, sealed to egress; spoken again after a crash, it is the same clause, and the first one stays.

    Raises:
        Stopped: the request ended.
    """
    sealed = egress_box.seal(rawaudio.pack(clause), context=sealing.raw_window(job.request_id, index))
    with transaction.atomic():
        _check_wanted(job)
        RawWindow.objects.get_or_create(request_id=job.request_id, index=index, defaults={"raw": sealed})
        if index == 0:
            EgressJob.objects.get_or_create(request_id=job.request_id, defaults={"created_at": now()})
            jobs.nudge("synthesis.egress")


def _end(job: RenderJob, spoken: int) -> None:
    """Say that nothing more comes, in the transaction that ends the job."""
    if not spoken:
        raise EngineError("nothing_spoken", "The text gave no sound; send words.")
    with transaction.atomic():
        _check_wanted(job)
        jobs.finish(job)
        RawWindow.objects.get_or_create(request_id=job.request_id, index=spoken, defaults={"raw": b"", "last": True})


def _check_wanted(job: RenderJob) -> None:
    rows = SynthesisRequest.objects.select_for_update(no_key=True).filter(pk=job.request_id, state__in=_WANTED)
    if not rows.exists():
        raise Stopped
