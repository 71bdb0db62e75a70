"""Sound that leaves while the rest is still being spoken."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection

from audiokit import read
from safeguards import watermark
from safeguards.errors import Refusal
from safeguards.watermark import detect
from synthesis.egress import delivery, streaming
from synthesis.egress.credentials import watermark_keys
from synthesis.egress.encoding import decode
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip, RawWindow, StreamWindow, SynthesisRequest
from synthesis.render import render_waiting, stream_waiting
from synthesis.states import RequestState
from tests.fakes.engine import SineEngine
from tests.fakes.world import World, make_world
from voices.services import voice_revoke

pytestmark = pytest.mark.django_db
LONG = "A sentence that goes on for a while, so that there is something to stream."


def _windows(world: World, request: SynthesisRequest, after: int = -1) -> list[delivery.Window]:
    return delivery.stream_windows(
        request_id=request.pk, organisation_id=world.organisation.pk, world="live", after_index=after
    )


@pytest.mark.parametrize("delivered", ["pcm", "wav", "mp3"])
def test_every_prefix_of_a_stream_carries_the_clips_mark(engine: SineEngine, delivered: str) -> None:
    world = make_world()
    request = world.accept(text=LONG, format=delivered, stream=True)

    assert stream_waiting() == 1
    assert egress_waiting() == 1

    clip = Clip.objects.get(request=request)
    windows = _windows(world, request)
    assert [window.index for window in windows] == list(range(len(windows)))
    assert [window.last for window in windows] == [False] * (len(windows) - 1) + [True]
    assert len(windows) >= 3
    sent = b""
    for window in windows:
        sent += window.data
        assert detect(decode(sent, delivered), [watermark_keys()[0]]).payload == clip.payload
    assert clip.seconds == pytest.approx(decode(sent, delivered).seconds, abs=0.2)


def test_the_clip_of_a_stream_is_stored_and_fetched_like_any_other(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept(text=LONG, format="mp3", stream=True)
    stream_waiting()
    egress_waiting()
    clip = Clip.objects.get(request=request)

    with delivery.open_clip(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live") as file:
        heard = read(file.read(0, file.size), max_seconds=100, max_bytes=10**8)

    assert detect(heard, [watermark_keys()[0]]).payload == clip.payload
    assert not RawWindow.objects.exists()


def test_whole_clips_and_streams_do_not_take_each_others_rows(engine: SineEngine) -> None:
    world = make_world()
    world.accept(stream=True)

    assert render_waiting() == 0
    world.accept()
    assert render_waiting() == 1
    assert stream_waiting() == 1


def test_a_short_text_leaves_in_one_window(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept(text="Hi.", format="wav", stream=True)
    stream_waiting()
    egress_waiting()

    assert _windows(world, request)[-1].last


def test_revocation_stops_further_windows_and_takes_back_those_not_yet_fetched(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    request = world.accept(text=LONG, format="wav", stream=True)
    stream_waiting()
    write, written = streaming.write_window, []

    def write_then_revoke(*arguments: Any, **named: Any) -> None:
        write(*arguments, **named)
        written.append(arguments[1])
        if len(written) == 2:
            voice_revoke(account_id=world.owner.account_id, voice_id=world.voice.pk)

    monkeypatch.setattr(streaming, "write_window", write_then_revoke)
    egress_waiting()

    assert written == [0, 1]
    assert SynthesisRequest.objects.get(pk=request.pk).state == RequestState.CANCELLED_REVOKED
    assert not StreamWindow.objects.exists()
    assert not Clip.objects.exists()
    with pytest.raises(Refusal):
        _windows(world, request)


def test_a_stream_whose_mark_does_not_take_lets_no_window_out(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Idle(watermark.StreamEmbedder):
        def push(self, samples: Any) -> Any:
            super().push(samples)
            return samples

    world = make_world()
    request = world.accept(text=LONG, format="wav", stream=True)
    stream_waiting()
    monkeypatch.setattr(streaming, "StreamEmbedder", Idle)

    egress_waiting()

    ended = SynthesisRequest.objects.get(pk=request.pk)
    assert ended.state == RequestState.FAILED
    assert not StreamWindow.objects.exists()
    assert not Clip.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_first_window_is_there_while_the_engine_still_speaks(engine: SineEngine) -> None:
    """Two workers, as at scale: the engine stands still after four clauses until a window was seen."""
    world = make_world()
    request = world.accept(text=LONG, format="wav", stream=True)
    seen, clauses = threading.Event(), []

    def step() -> None:
        clauses.append(len(clauses))
        if len(clauses) == 4:
            assert seen.wait(60), "no window came while the engine was still speaking"

    engine.on_step = step

    def speak() -> None:
        stream_waiting()
        connection.close()

    def mark() -> None:
        end = time.monotonic() + 60
        while not egress_waiting():
            assert time.monotonic() < end
            time.sleep(0.05)
        connection.close()

    workers = [threading.Thread(target=speak), threading.Thread(target=mark)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers) and not seen.is_set():
        if _windows(world, request):
            seen.set()
        time.sleep(0.05)
    for worker in workers:
        worker.join()

    assert seen.is_set()
    assert _windows(world, request)[-1].last
    assert SynthesisRequest.objects.get(pk=request.pk).state == RequestState.RELEASED
