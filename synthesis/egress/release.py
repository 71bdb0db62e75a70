"""The egress worker: the only writer of audio that a person can fetch.

The order that cannot be broken, for one request:

    (1) permit derived anew             request: running -> marking
    (2) clip number and payload         stable across retries
    (3) raw sound opened                sealed to this process alone
    (4) audible notice, where granted
    (5) watermark embedded              request: marking -> verifying
    (6) encoded, decoded, mark found    else everything made is dropped and the request fails
    (7) manifest signed, read back      the sound unchanged, sample for sample
    (8) fingerprint
    (9) bytes stored, sealed            nobody can fetch them: no row names them yet
    (10) released                       permit derived anew with rows locked, clip row, audit entry: one transaction

A worker killed before (10) has released nothing; the next one starts at (1) and makes the same clip.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from audiokit import Audio
from audiokit.clock import now
from audiokit.ids import new_id
from safeguards import fingerprint, vault, watermark
from safeguards.audit import log
from safeguards.audit.events import EventType
from safeguards.errors import Refusal
from safeguards.gate import SynthesisPermit
from safeguards.provenance import ProvenanceClaim
from safeguards.vault import egress_box
from safeguards.watermark import WatermarkedAudio, WatermarkError, WatermarkKey
from synthesis import rawaudio, sealing, storage
from synthesis.egress.credentials import claim_signer, watermark_keys
from synthesis.egress.encoding import Encoded, MarkLost, delivery_rate, encode_checked, sign_checked
from synthesis.egress.notice import notice_seconds, with_notice
from synthesis.egress.numbering import payload_of
from synthesis.egress.room_tone import with_room_tone
from synthesis.egress.stopping import Stopped, check_ours
from synthesis.egress.streaming import RendererSilent, Stream, run_stream, write_window
from synthesis.heartbeat import Heartbeat
from synthesis.models import Clip, EgressJob, RawWindow, RenderJob, SynthesisRequest
from synthesis.permits import derive_release, derive_synthesis
from synthesis.services.transitions import (
    request_fail,
    request_fail_unmarked,
    request_mark,
    request_refuse,
    request_verify,
)
from synthesis.states import RequestState
from voices import jobs
from voices.services.quota import grant_settle

logger = logging.getLogger(__name__)
ACTOR = "worker:egress"
GENERATOR = "0.1.0"


@dataclass(frozen=True)
class Outcome:
    """What is about to be released, and the mark it carries."""

    clip_id: str
    encoded: Encoded
    payload: int
    key: WatermarkKey


def release_one(job: EgressJob, heartbeat: Heartbeat) -> None:
    """Steps (1) to (10) for one claimed job."""
    request = SynthesisRequest.objects.select_related("voice", "grant").get(pk=job.request_id)
    try:
        if not request_mark(request_id=request.pk):
            raise Stopped
        permit = derive_synthesis(request)  # (1)
        key = watermark_keys()[0]
        payload = payload_of(request, key)  # (2)
        stream = Stream(request, payload, key) if request.stream else None
        index = 0
        if stream is None:
            marked = mark(raw_sound(request), request, payload, key, permit)  # (3) to (5)
        else:
            marked, index = run_stream(job, stream, permit, heartbeat)  # (3) to (5), clause by clause
        check_ours(job, heartbeat)
        if not request_verify(request_id=request.pk):
            raise Stopped
        outcome = finish_bytes(request, marked, payload, key)  # (6), (7)
        check_ours(job, heartbeat)
        ending = None if stream is None else partial(write_window, stream, index, stream.rest(), last=True)
        store_and_release(job, request, outcome, ending)  # (8) to (10)
    except Refusal as refusal:
        request_refuse(request_id=request.pk, refusal=refusal, actor=ACTOR)
        drop(job, refusal.code)
    except MarkLost as lost:
        logger.error("request %s: %s", request.pk, lost)
        sentence = "The watermark was not found in the finished audio, so it was deleted. Try a longer text."
        request_fail_unmarked(request_id=request.pk, code="watermark_lost", sentence=sentence, actor=ACTOR)
        drop(job, "watermark_lost")
    except WatermarkError as error:
        sentence = "The audio could not be watermarked, so it was deleted. Try a longer text."
        request_fail_unmarked(request_id=request.pk, code=f"watermark_{error.code}", sentence=sentence, actor=ACTOR)
        drop(job, f"watermark_{error.code}")
    except RendererSilent:
        retry_or_fail(job, "renderer_silent")
    except (Stopped, vault.KeyDestroyed, jobs.LeaseLost):
        drop(job, "cancelled")
    except Exception:  # whatever it is: nothing has left, and the row must not stay leased
        logger.exception("egress of %s failed", request.pk)
        retry_or_fail(job, "egress_failed")


def raw_sound(request: SynthesisRequest) -> Audio:
    """Step (3).

    Raises:
        Stopped: the sound was dropped, because the request ended.
    """
    raw = RenderJob.objects.values_list("raw", flat=True).get(request_id=request.pk)
    if raw is None:
        raise Stopped
    return rawaudio.unpack(egress_box.open_sealed(bytes(raw), context=sealing.raw(request.pk)))


def mark(
    sound: Audio, request: SynthesisRequest, payload: int, key: WatermarkKey, permit: SynthesisPermit
) -> WatermarkedAudio:
    """Steps (4) and (5), covered by the permit."""
    SynthesisPermit.require(permit, subject=request.pk)
    heard = with_notice(delivery_rate(sound, request.format), _disclosure(request), request.language)
    return watermark.embed(with_room_tone(heard), payload, key)


def _disclosure(request: SynthesisRequest) -> str:
    return request.grant.disclosure if request.grant else "none"


def finish_bytes(request: SynthesisRequest, marked: WatermarkedAudio, payload: int, key: WatermarkKey) -> Outcome:
    """Steps (6) and (7)."""
    clip_id = new_id("cli")
    encoded = encode_checked(marked, request.format, key, payload=payload)
    claim = ProvenanceClaim(
        clip_id=clip_id,
        payload=payload,
        seconds=encoded.heard.seconds,
        created_at=now(),
        sandbox=request.world == "sandbox",
        generator=GENERATOR,
    )
    return Outcome(clip_id, sign_checked(encoded, request.format, claim, claim_signer()), payload, key)


def store_and_release(
    job: EgressJob, request: SynthesisRequest, outcome: Outcome, ending: Callable[[], None] | None = None
) -> None:
    """Steps (8) to (10). If (10) does not come about, the stored bytes are removed.

    Args:
        ending: what else is written in the release transaction: the last window of a stream.

    Raises:
        Refusal, Stopped: it did not.
    """
    printed = _fingerprint(outcome.encoded.heard)
    blob = storage.put(request.data_key_id, outcome.encoded.data)
    try:
        _release(job, request, outcome, blob, printed, ending)
    except BaseException:
        storage.delete(blob)
        raise
    if request.grant_id is not None:
        grant_settle(grant_id=request.grant_id)


def _fingerprint(heard: Audio) -> bytes | None:
    """None for sound too short to have one; its mark is then all that finds it again."""
    try:
        return fingerprint.extract(heard)
    except fingerprint.FingerprintError:
        logger.info("%.2f s are too short for a fingerprint", heard.seconds)
        return None


def _release(
    job: EgressJob,
    request: SynthesisRequest,
    outcome: Outcome,
    blob: str,
    printed: bytes | None,
    ending: Callable[[], None] | None,
) -> None:
    encoded = outcome.encoded
    with transaction.atomic():
        permit = derive_release(
            request,
            detected=encoded.detection.present,
            payload_matches=encoded.detection.payload == outcome.payload,
            encoded_format=request.format,
            sha256=encoded.sha256,
        )
        moment = now()
        verifying = SynthesisRequest.objects.filter(pk=request.pk, state=RequestState.VERIFYING)
        # What was reserved is spent now.
        if not verifying.update(state=RequestState.RELEASED, ended_at=moment, reserved_characters=0):
            raise Stopped
        jobs.finish(job)
        RenderJob.objects.filter(request_id=request.pk).update(raw=None)
        RawWindow.objects.filter(request_id=request.pk).delete()
        if ending is not None:
            ending()
        entry = log.append(
            EventType.REQUEST_RELEASED,
            actor=ACTOR,
            subject=f"request:{request.pk}",
            world=request.world,
            body={
                "clip": f"clip:{outcome.clip_id}",
                "sha256": encoded.sha256,
                "payload": f"{outcome.payload:08x}",
                "watermark_key": outcome.key.key_id,
                "format": request.format,
                "milliseconds": round(encoded.heard.seconds * 1000),
                "permit": permit.id,
                "policy": permit.policy_version,
            },
        )
        # After the entry, because the row names its index; one INSERT more under the log's lock.
        Clip.objects.create(
            id=outcome.clip_id,
            request=request,
            world=request.world,
            payload=outcome.payload,
            watermark_key_id=outcome.key.key_id,
            format=request.format,
            seconds=encoded.heard.seconds,
            lead_seconds=notice_seconds(_disclosure(request), request.language, encoded.heard.sample_rate),
            size=len(encoded.data),
            sha256=encoded.sha256,
            blob=blob,
            fingerprint=printed,
            manifest_digest=encoded.manifest_digest,
            watermark_log10_p=encoded.detection.log10_p,
            log_index=entry.index,
            released_at=moment,
        )


def drop(job: EgressJob, code: str) -> None:
    """Nothing leaves: close the row and forget the raw sound; unless another worker has the row, which then needs that sound."""
    try:
        jobs.fail(job, code)
    except jobs.LeaseLost:
        logger.info("egress job %s was taken by another worker", job.pk)
        return
    RenderJob.objects.filter(request_id=job.request_id).update(raw=None)
    RawWindow.objects.filter(request_id=job.request_id).delete()


def retry_or_fail(job: EgressJob, code: str) -> None:
    """Something passing went wrong: later again, or for good when the attempts are used up."""
    if jobs.give_back(job, code):
        return
    sentence = "The audio could not be finished; nothing was kept of it. Try again later."
    request_fail(request_id=job.request_id, code=code, sentence=sentence, actor=ACTOR)
    drop(job, code)
