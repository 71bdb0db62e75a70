"""Marking a request while it is still being spoken. A window leaves only after the mark was found in what has left up to its end.

For each clause of the engine, in order: marked by one continuing ``StreamEmbedder``, encoded by one continuing encoder, and held back
until the mark, with the right payload, is found in the decoded bytes. What is too short to be judged waits for the next clause.
Everything is a function of the clauses, so a worker that starts anew after a crash makes the same windows again, and those
that were written stay.

When all is spoken, the whole is released as any clip is (``release``); the last window is written in that same transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from django.db import transaction
from django.db.models import Q

from audiokit import Audio, Samples
from audiokit.clock import now
from safeguards import vault
from safeguards.audit import log
from safeguards.audit.events import EventType
from safeguards.gate import SynthesisPermit
from safeguards.vault import egress_box
from safeguards.watermark import Detection, StreamEmbedder, WatermarkedAudio, WatermarkKey, detect
from synthesis import rawaudio, sealing
from synthesis.egress import room_tone
from synthesis.egress.encoding import MarkLost, decode, delivery_rate
from synthesis.egress.notice import with_notice
from synthesis.egress.stopping import Stopped, check_ours
from synthesis.egress.stream_encoder import StreamEncoder, stream_encoder
from synthesis.heartbeat import Heartbeat
from synthesis.models import EgressJob, RawWindow, RenderJob, StreamWindow, SynthesisRequest
from synthesis.permits import derive_synthesis
from synthesis.states import RequestState
from voices.models import JobState

logger = logging.getLogger(__name__)
POLL_SECONDS: Final = 0.05
# Beyond what is new, detection looks back this far: enough for certainty, and the cost of a long stream stays linear.
LOOK_BACK_SECONDS: Final = 2.0


class RendererSilent(Exception):
    """The renderer died or gave its job back; try again later."""


@dataclass
class Stream:
    """One stream under way: what was marked, encoded, and what waits to be released."""

    request: SynthesisRequest
    payload: int
    key: WatermarkKey
    embedder: StreamEmbedder | None = None
    encoder: StreamEncoder | None = None
    rate: int = 0
    marked: list[Samples] = field(default_factory=list)
    encoded: bytearray = field(default_factory=bytearray)
    waiting: bytearray = field(default_factory=bytearray)
    taken: int = 0  # samples
    energy: float = 0.0
    fresh_seconds: float = 0.0
    detection: Detection | None = None

    def take(self, clause: Audio) -> None:
        """Mark and encode one clause."""
        sound = delivery_rate(Audio.mono(clause.to_mono(), clause.sample_rate), self.request.format)
        if self.embedder is None or self.encoder is None:
            disclosure = self.request.grant.disclosure if self.request.grant else "none"
            sound = with_notice(sound, disclosure, self.request.language)
            self.rate = sound.sample_rate
            self.embedder = StreamEmbedder(self.rate, self.payload, self.key)
            self.encoder = stream_encoder(self.request.format, self.rate, 1)
        if sound.sample_rate != self.rate:
            raise ValueError("an engine changed its sample rate in the middle of a stream")
        self.taken += sound.samples.shape[1]
        self.energy += float(np.sum(sound.samples**2, dtype=np.float64))
        self._encode(self.embedder.push(sound.samples[0]))

    def finish(self) -> WatermarkedAudio:
        """Mark and encode what is left; returns the whole.

        Raises:
            Stopped: there was nothing.
        """
        if self.embedder is None or self.encoder is None:
            raise Stopped
        level = (self.energy / max(self.taken, 1)) ** 0.5
        quiet = room_tone.tail(self.taken / self.rate, level, self.rate)
        if quiet.size:
            self._encode(self.embedder.push(quiet))
        self._encode(self.embedder.flush())
        self._append(self.encoder.flush())
        return self.embedder.seal(np.concatenate(self.marked))

    def releasable(self) -> bytes:
        """What may leave now: all that waits, if the mark is found in the bytes up to its end; else nothing."""
        if not self.waiting:
            return b""
        heard = decode(bytes(self.encoded), self.request.format)
        if heard.sample_rate != self.rate:
            raise ValueError("the stream decodes at another rate than it was encoded at")
        heard = _tail(heard, self.fresh_seconds + LOOK_BACK_SECONDS)
        detection = detect(heard, [self.key])
        if not detection.present or detection.payload != self.payload:
            return b""
        self.detection = detection
        fresh = bytes(self.waiting)
        self.waiting.clear()
        self.fresh_seconds = 0.0
        return fresh

    def rest(self) -> bytes:
        """The end of the stream, once finished.

        Raises:
            MarkLost: the mark is not found in it.
        """
        end = self.releasable()
        if self.waiting:
            raise MarkLost("the mark was not found in the end of the stream")
        return end

    def _encode(self, samples: Samples) -> None:
        if self.encoder is None or not samples.size:
            return
        self.marked.append(samples)
        self.fresh_seconds += len(samples) / self.rate
        self._append(self.encoder.push(Audio.mono(samples, self.rate)))

    def _append(self, data: bytes) -> None:
        self.encoded += data
        self.waiting += data


def run_stream(
    job: EgressJob, stream: Stream, permit: SynthesisPermit, heartbeat: Heartbeat
) -> tuple[WatermarkedAudio, int]:
    """Release windows as clauses come, until the last; returns the whole marked sound and the index of the window still to come.

    Raises:
        Stopped: the request ended, or the job is no longer ours.
        RendererSilent: the renderer died.
        Refusal: the permission was taken back.
    """
    SynthesisPermit.require(permit, subject=stream.request.pk)
    index = 0
    for clause in _clauses(job, heartbeat):
        stream.take(clause)
        check_ours(job, heartbeat)
        if fresh := stream.releasable():
            write_window(stream, index, fresh)
            index += 1
    return stream.finish(), index


def write_window(stream: Stream, index: int, data: bytes, *, last: bool = False) -> None:
    """One window, its permit derived anew with rows locked; written once, however often it is made.

    Raises:
        Refusal: the permission was taken back.
        Stopped: the request ended.
    """
    request = stream.request
    if stream.detection is None:
        raise RuntimeError("a window needs the mark found in it")
    with transaction.atomic():
        derive_synthesis(request, lock=True)
        # The last window is written inside the release transaction, where the state has moved on. A worker that starts anew
        # may find the request in verifying; its windows are then all there.
        states = [RequestState.RELEASED] if last else [RequestState.MARKING, RequestState.VERIFYING]
        if not SynthesisRequest.objects.select_for_update(no_key=True).filter(pk=request.pk, state__in=states).exists():
            raise Stopped
        _, written = StreamWindow.objects.get_or_create(
            request=request,
            index=index,
            defaults={
                "sealed": vault.seal(request.data_key_id, data, context=sealing.window(request.pk, index)),
                "last": last,
                "watermark_log10_p": stream.detection.log10_p,
                "created_at": now(),
            },
        )
        if written and index == 0:
            # From here on sound has left, whatever becomes of the request.
            log.append(
                EventType.CLIP_STREAM_STARTED,
                actor="worker:egress",
                subject=f"request:{request.pk}",
                world=request.world,
                body={"payload": f"{stream.payload:08x}", "watermark_key": stream.key.key_id},
            )


def _clauses(job: EgressJob, heartbeat: Heartbeat) -> Iterator[Audio]:
    """The engine's clauses in order, waiting for each as long as the renderer lives."""
    index = 0
    while True:
        row = RawWindow.objects.filter(request_id=job.request_id, index=index).first()
        if row is None:
            check_ours(job, heartbeat)
            if not _renderer_lives(job):
                raise RendererSilent
            time.sleep(POLL_SECONDS)
        elif row.last:
            return
        else:
            context = sealing.raw_window(job.request_id, index)
            yield rawaudio.unpack(egress_box.open_sealed(bytes(row.raw), context=context))
            index += 1


def _renderer_lives(job: EgressJob) -> bool:
    """Its lease holds; or it has just ended, and its last clause is there by now."""
    lives = Q(state=JobState.LEASED, lease_until__gte=now()) | Q(state=JobState.DONE)
    return RenderJob.objects.filter(lives, request_id=job.request_id).exists()


def _tail(sound: Audio, seconds: float) -> Audio:
    keep = round(seconds * sound.sample_rate)
    if sound.samples.shape[1] <= keep:
        return sound
    return Audio(sound.samples[:, -keep:].copy(), sound.sample_rate)
