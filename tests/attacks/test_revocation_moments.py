"""Misuse case 10 with real threads: revocation, release, acceptance and rendering at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection

from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from synthesis import storage
from synthesis.egress import delivery
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip, SynthesisRequest
from synthesis.render import render_waiting
from synthesis.states import RequestState
from tests.fakes.engine import SineEngine
from tests.fakes.fixtures import engine, nudges
from tests.fakes.world import World, make_world
from voices.models import Voice
from voices.services import voice_revoke

__all__ = ["engine", "nudges"]


def _open(world: World, clip: Clip) -> delivery.ClipFile:
    return delivery.open_clip(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live")


def _revoke_voice(world: World) -> str:
    voice_revoke(account_id=world.owner.account_id, voice_id=world.voice.pk)
    return "voice_revoked"


@pytest.mark.django_db(transaction=True)
def test_10_revocations_and_releases_at_the_same_moment_never_both_win(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both transactions start together, several times; each request ends exactly once, and no clip can be opened afterwards."""
    for turn in range(4):
        world = make_world(email=f"speaker{turn}@example.org")
        request = world.accept()
        render_waiting()
        ready = threading.Barrier(2, timeout=60)
        put = storage.put

        def put_then_meet(data_key_id: object, data: bytes, meet: threading.Barrier = ready, put: Any = put) -> str:
            ref = put(data_key_id, data)
            meet.wait()
            return ref

        monkeypatch.setattr(storage, "put", put_then_meet)

        def finish() -> None:
            egress_waiting()
            connection.close()

        worker = threading.Thread(target=finish)
        worker.start()
        ready.wait()
        _revoke_voice(world)
        worker.join()
        monkeypatch.setattr(storage, "put", put)

        ended = SynthesisRequest.objects.get(pk=request.pk)
        events = [EventType.REQUEST_RELEASED, EventType.REQUEST_CANCELLED_REVOKED]
        assert Entry.objects.filter(subject=f"request:{request.pk}", type__in=events).count() == 1
        assert ended.state in {RequestState.RELEASED, RequestState.CANCELLED_REVOKED}
        assert Clip.objects.filter(request=request).exists() == (ended.state == RequestState.RELEASED)
        assert Voice.objects.get(pk=world.voice.pk).state == "revoked"
        for clip in Clip.objects.filter(request=request):
            with pytest.raises(Refusal):
                _open(world, clip)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("delay_s", [0.2, 0.8])
def test_10_accepting_rendering_releasing_and_revoking_at_once_never_block_each_other(
    engine: SineEngine, delay_s: float
) -> None:
    """Five workers on one voice, in every order that they happen to take. A circle of locks would end one of them with an error."""
    world = make_world()
    for number in range(6):
        world.accept(text=f"Sentence number {number}.")
    render_waiting(limit=4)
    errors: list[str] = []

    def accept() -> None:
        for number in range(10):
            world.accept(text=f"Another sentence, number {number}.")

    def revoke() -> None:
        time.sleep(delay_s)
        _revoke_voice(world)

    def worker(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Refusal:
                pass  # accepted too late
            except DatabaseError as error:
                errors.append(repr(error))
            finally:
                connection.close()

        return threading.Thread(target=run)

    workers = [worker(work) for work in (egress_waiting, egress_waiting, render_waiting, accept, revoke)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    while render_waiting() + egress_waiting():
        pass

    assert errors == []
    ended = SynthesisRequest.objects.all()
    assert {request.state for request in ended} <= {RequestState.RELEASED, RequestState.CANCELLED_REVOKED}
    assert world.used() == sum(request.characters for request in ended if request.state == RequestState.RELEASED)
