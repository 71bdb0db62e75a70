"""A worker killed in the middle loses nothing and doubles nothing. The workers here are real processes, and the kill is SIGKILL."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.watermark import detect
from synthesis.egress import delivery
from synthesis.egress.credentials import watermark_keys
from synthesis.egress.encoding import decode
from synthesis.egress.worker import egress_waiting
from synthesis.engine import registry
from synthesis.engine.gpt_sovits.train.scratch import FolderScratch
from synthesis.models import (
    Clip,
    ClipNumber,
    EgressJob,
    RenderJob,
    StreamWindow,
    SynthesisRequest,
    TrainingJob,
    TrainingPart,
)
from synthesis.render import render_waiting, stream_waiting
from synthesis.states import RequestState
from synthesis.training import train_waiting
from synthesis.training.readings import gather
from synthesis.training.worker import seed_of
from tests.fakes import tiny_sovits
from tests.fakes.engine import SineEngine
from tests.fakes.world import TEXT, make_world, queue_training
from voices.models import Enrolment, JobState, Voice, VoiceModel

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
LEASE_SECONDS = 2


@pytest.fixture(autouse=True)
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "VIVAVOCE_LEASE_SECONDS", LEASE_SECONDS)


def _database_url() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{values['NAME']}"
    host = f"{values['HOST']}:{values['PORT']}" if values["PORT"] else values["HOST"]
    return f"postgresql://{values['USER']}:{values['PASSWORD']}@{host}/{values['NAME']}"


@contextmanager
def _worker_that_stops(kind: str, **named: str) -> Iterator[subprocess.Popen[str]]:
    """A worker process, stopped in the middle of its work; ``named`` goes into its environment."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "vivavoce.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "VIVAVOCE_HOME": str(django_settings.HOME),
        "VIVAVOCE_DATABASE_URL": _database_url(),
        "VIVAVOCE_LEASE_SECONDS": str(LEASE_SECONDS),
        **named,
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.fakes.doomed_worker", kind]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n", "the worker ended before it got to the middle"
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _kill_in_the_middle(kind: str, **named: str) -> None:
    with _worker_that_stops(kind, **named) as process:
        process.kill()
        process.wait()


def _until_taken_over(work: Callable[[], int]) -> None:
    """Run the second worker until the dead one's lease has run out."""
    end = time.monotonic() + 60
    while not work():
        assert time.monotonic() < end, "nobody could take the dead worker's row over"
        time.sleep(0.2)


def test_a_killed_renderer_is_replaced_and_one_clip_comes_of_it(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()

    _kill_in_the_middle("render")
    assert RenderJob.objects.get().state == JobState.LEASED
    _until_taken_over(render_waiting)
    egress_waiting()

    _exactly_one_clip(request)
    assert RenderJob.objects.get().attempts == 2


def test_a_killed_egress_is_replaced_and_one_clip_with_the_same_number_comes_of_it(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()
    render_waiting()

    _kill_in_the_middle("egress")
    number = ClipNumber.objects.get()
    assert EgressJob.objects.get().state == JobState.LEASED
    assert not Clip.objects.exists()
    _until_taken_over(egress_waiting)

    _exactly_one_clip(request)
    assert Clip.objects.get().payload == number.payload
    assert ClipNumber.objects.count() == 1


def test_a_killed_trainer_is_replaced_and_one_model_comes_of_it(engine: SineEngine) -> None:
    world = make_world(trained=False)
    queue_training(world)

    _kill_in_the_middle("train")
    assert TrainingJob.objects.get().state == JobState.LEASED
    _until_taken_over(train_waiting)

    assert TrainingJob.objects.get().state == JobState.DONE
    assert Enrolment.objects.get().state == "ready"
    assert VoiceModel.objects.count() == 1
    assert Voice.objects.get(pk=world.voice.pk).active_model == VoiceModel.objects.get()
    ready = Entry.objects.filter(subject=f"enrolment:{world.enrolment.pk}", type=EventType.ENROLMENT_READY)
    assert ready.count() == 1


@pytest.mark.shared
@pytest.mark.parametrize("stage", ["sovits", "t2s"])
def test_a_killed_fine_tuning_is_gone_on_with_and_ends_as_if_nothing_had_happened(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tiny_sovits.load_engine(tiny_sovits.make_files(tmp_path / "models"))
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    monkeypatch.setattr(registry, "_engines", dict(registry._engines))
    registry.register(tiny_sovits.ENGINE, lambda: engine)
    monkeypatch.setattr(django_settings, "VIVAVOCE_GPT_SOVITS_TRAINING", "fine_tune")
    world = tiny_sovits.owner_who_read_aloud()
    notes: list[str] = []
    unbroken = engine.fine_tune(
        gather(world.enrolment).learned,
        scratch=FolderScratch(tmp_path / "scratch"),
        language=world.voice.language,
        progress=lambda _share, note: notes.append(note),
        should_stop=lambda: False,
        seed=seed_of(TrainingJob.objects.get()),
    )

    _kill_in_the_middle(f"fine_tune_{stage}", VIVAVOCE_MODELS_DIR=str(tmp_path / "models"))
    job = TrainingJob.objects.get()
    assert job.state == JobState.LEASED
    assert 0 < job.progress < 1
    assert set(TrainingPart.objects.values_list("name", flat=True)) >= {stage}
    seen: list[str] = []
    learn = engine.fine_tune

    def watched(*arguments: Any, progress: Callable[[float, str], None], **named: Any) -> Any:
        return learn(*arguments, progress=lambda share, note: (seen.append(note), progress(share, note))[1], **named)

    monkeypatch.setattr(engine, "fine_tune", watched)
    _until_taken_over(train_waiting)

    row = VoiceModel.objects.get()
    assert (row.digest, TrainingJob.objects.get().state) == (unbroken.digest, JobState.DONE)
    assert not TrainingPart.objects.exists()
    steps = [note for note in notes if note.startswith("Step")]
    again = [note for note in seen if note.startswith("Step")]
    assert 0 < len(again) < len(steps)
    assert again == steps[-len(again) :], "steps were made twice, or left out"


def test_a_killed_streamer_is_replaced_and_no_window_comes_twice(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept(text=TEXT * 2, format="wav", stream=True)
    stream_waiting()

    _kill_in_the_middle("stream")
    first = StreamWindow.objects.get()
    _until_taken_over(egress_waiting)

    _exactly_one_clip(request)
    windows = list(StreamWindow.objects.order_by("index"))
    assert [window.index for window in windows] == list(range(len(windows)))
    assert windows[0].pk == first.pk
    assert bytes(windows[0].sealed) == bytes(first.sealed)
    sent = b"".join(
        window.data
        for window in delivery.stream_windows(
            request_id=request.pk, organisation_id=world.organisation.pk, world="live"
        )
    )
    clip = Clip.objects.get()
    heard = decode(sent, "wav")
    assert heard.seconds == pytest.approx(clip.seconds, abs=0.01)
    assert detect(heard, watermark_keys()).payload == clip.payload


def test_a_worker_that_lives_keeps_its_lease_however_long_it_takes(engine: SineEngine) -> None:
    world = make_world()
    world.accept()

    with _worker_that_stops("render"):
        time.sleep(1.5 * LEASE_SECONDS)
        assert render_waiting() == 0


def _exactly_one_clip(request: SynthesisRequest) -> None:
    assert SynthesisRequest.objects.get(pk=request.pk).state == RequestState.RELEASED
    assert Clip.objects.count() == 1
    for event in (EventType.REQUEST_RUNNING, EventType.REQUEST_MARKING, EventType.REQUEST_RELEASED):
        assert Entry.objects.filter(subject=f"request:{request.pk}", type=event).count() == 1
