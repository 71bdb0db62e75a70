"""Rows, claims and the sweep: what is missed is found, what cannot be done is given up, and nobody does a thing twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from audiokit import clock
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.vault import blobs
from synthesis import storage
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip, EgressJob, RenderJob, StreamWindow, SynthesisRequest
from synthesis.orphans import GRACE, orphans_forget
from synthesis.render import render_waiting, stream_waiting
from synthesis.services import clip_delete, request_cancel
from synthesis.states import RequestState
from synthesis.sweep import KEEP_WINDOWS_SECONDS, sweep
from tests.fakes.engine import SineEngine
from tests.fakes.questions import release
from tests.fakes.world import TEXT, make_world
from voices import jobs
from voices.errors import NotFound
from voices.models import JobState, Recording, Voice

pytestmark = pytest.mark.django_db


def test_the_sweep_nudges_for_what_waits(nudges: list[str], django_capture_on_commit_callbacks: object) -> None:
    world = make_world()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        world.accept()
    assert nudges == ["synthesis.render"]

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        sweep()

    assert nudges == ["synthesis.render", "synthesis.render"]


@pytest.mark.parametrize("stage", ["render", "egress"])
def test_a_row_that_killed_every_worker_is_failed_and_its_quota_returned(engine: SineEngine, stage: str) -> None:
    world = make_world()
    request = world.accept()
    model: type[RenderJob] | type[EgressJob] = RenderJob
    if stage == "egress":
        render_waiting()
        model = EgressJob
    past = clock.now() - timedelta(seconds=1)
    model.objects.update(state=JobState.LEASED, attempts=jobs.MAX_ATTEMPTS, lease_until=past, lease_token="dead")

    assert render_waiting() + egress_waiting() == 0
    assert sweep() == 1
    assert sweep() == 0

    failed = SynthesisRequest.objects.get(pk=request.pk)
    assert (failed.state, failed.refusal_code) == (RequestState.FAILED, "worker_died_repeatedly")
    assert model.objects.get().state == JobState.FAILED
    assert not RenderJob.objects.exclude(raw=None).exists()
    assert world.used() == 0


def test_a_crashing_engine_is_tried_again_and_at_last_given_up(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()

    def crash() -> None:
        raise MemoryError

    engine.on_render = crash
    for _ in range(jobs.MAX_ATTEMPTS):
        assert render_waiting() == 1
        RenderJob.objects.update(not_before=None)

    assert SynthesisRequest.objects.get(pk=request.pk).refusal_code == "engine_failed"
    assert world.used() == 0


def test_cancelling_gives_the_quota_back_and_stops_the_work(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()
    assert world.used() == len(TEXT)

    for _ in range(2):
        ended = request_cancel(
            request_id=request.pk, organisation_id=world.organisation.pk, world="live", actor="app:x"
        )
    render_waiting()

    assert (ended.state, ended.refusal_code) == (RequestState.CANCELLED_REVOKED, "cancelled_by_app")
    assert world.used() == 0
    assert engine.batches == []
    assert Entry.objects.filter(type=EventType.REQUEST_CANCELLED).count() == 1


def test_cancelling_while_the_engine_runs_stops_before_egress(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()

    def cancel() -> None:
        request_cancel(request_id=request.pk, organisation_id=world.organisation.pk, world="live", actor="app:x")

    engine.on_render = cancel
    render_waiting()
    egress_waiting()

    assert not EgressJob.objects.exists()
    assert not RenderJob.objects.exclude(raw=None).exists()


def test_a_stranger_cancels_nothing(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()

    with pytest.raises(NotFound):
        request_cancel(request_id=request.pk, organisation_id=world.stranger.pk, world="live", actor="app:x")

    assert SynthesisRequest.objects.get(pk=request.pk).state == RequestState.ACCEPTED


def test_a_deleted_clip_is_gone_for_its_app_but_still_recognised(
    engine: SineEngine, django_capture_on_commit_callbacks: object
) -> None:
    world = make_world()
    released = release(world)

    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            clip_delete(clip_id=released.clip.pk, organisation_id=world.organisation.pk, world="live", actor="app:x")

    kept = Clip.objects.get(pk=released.clip.pk)
    assert kept.blob == ""
    assert kept.fingerprint is not None
    assert Entry.objects.filter(type=EventType.CLIP_DELETED).count() == 1


def test_windows_of_a_stream_are_forgotten_some_time_after_its_end(engine: SineEngine) -> None:
    with clock.frozen(clock.now()) as hands:
        make_world().accept(format="wav", stream=True)
        stream_waiting()
        egress_waiting()
        sweep()
        assert StreamWindow.objects.exists()
        hands.advance(KEEP_WINDOWS_SECONDS + 1)
        sweep()

    assert not StreamWindow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_race_share_the_rows_and_double_none(engine: SineEngine) -> None:
    world = make_world()
    for number in range(6):
        world.accept(text=f"Sentence number {number}.")
    start = threading.Barrier(2)
    claimed: list[int] = []

    def work() -> None:
        start.wait()
        try:
            while count := render_waiting(limit=2):
                claimed.append(count)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(claimed) == sum(engine.batches) == 6
    assert set(RenderJob.objects.values_list("attempts", flat=True)) == {1}
    assert EgressJob.objects.count() == 6


def test_what_a_dead_worker_stored_and_no_row_names_is_removed_and_nothing_else(engine: SineEngine) -> None:
    world = make_world()
    released = release(world)
    orphan = blobs.put(world.owner.data_key_id, b"sound", kind=storage.KIND)

    assert orphans_forget() == 0, "it may be on its way to a row"
    orphans_forget(now=clock.now() + 2 * GRACE)

    assert not blobs.exists(orphan)
    assert blobs.exists(released.clip.blob)
    voice = Voice.objects.select_related("active_model").get(pk=world.voice.pk)
    assert voice.active_model is not None
    assert blobs.exists(voice.active_model.blob)
    assert all(blobs.exists(ref) for ref in Recording.objects.values_list("blob", flat=True))
