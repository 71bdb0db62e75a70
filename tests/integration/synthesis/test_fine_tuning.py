"""Fine-tuning as a job: kept sealed, gone on with after a kill, gone when the voice goes, side by side with what was there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Q

from safeguards import vault
from synthesis.engine import registry
from synthesis.engine.gpt_sovits.engine import GptSovitsEngine
from synthesis.engine.gpt_sovits.pipeline.own import WEIGHTS
from synthesis.engine.gpt_sovits.train.scratch import FolderScratch
from synthesis.engine.protocol import EngineError, RenderItem
from synthesis.models import RenderJob, TrainingJob, TrainingPart
from synthesis.orphans import orphans_forget
from synthesis.render import render_waiting
from synthesis.render.preparation import stored_model, voice_model
from synthesis.selectors import training_progress
from synthesis.sweep import sweep
from synthesis.training import train_waiting, worker
from synthesis.training.readings import gather
from synthesis.training.scratch import SealedScratch
from tests.fakes import tiny_sovits
from tests.fakes.world import World
from voices import jobs
from voices.models import Enrolment, JobState, Voice, VoiceModel
from voices.services import enrolment_abort, owner_erase, voice_erase, voice_model_roll_back, voice_revoke

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shared]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sovits.make_files(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tuner(files: Path, monkeypatch: pytest.MonkeyPatch) -> GptSovitsEngine:
    """The engine that this process trains and speaks with; the operator wants fine-tuning."""
    engine = tiny_sovits.load_engine(files)
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    monkeypatch.setattr(registry, "_engines", dict(registry._engines))
    registry.register(tiny_sovits.ENGINE, lambda: engine)
    monkeypatch.setattr(settings, "VIVAVOCE_GPT_SOVITS_TRAINING", "fine_tune")
    return engine


@pytest.fixture
def kept() -> Callable[[], set[Path]]:
    """Objects of trainings that lie in the storage now and did not before."""

    def lying() -> set[Path]:
        return {path for path in (settings.HOME / "vault").rglob("training/*/*") if path.is_file()}

    before = lying()
    return lambda: lying() - before


def _after_saves(monkeypatch: pytest.MonkeyPatch, count: int, then: Callable[[], object]) -> None:
    """Do something from elsewhere when the training has kept something for the ``count``-th time."""
    saved = 0

    class Scratch(SealedScratch):
        def save(self, name: str, parts: Iterable[bytes]) -> None:
            nonlocal saved
            super().save(name, parts)
            saved += 1
            if saved == count:
                assert TrainingPart.objects.exists()
                then()

    monkeypatch.setattr(worker, "SealedScratch", Scratch)


def test_an_enrolment_becomes_a_voice_with_weights_of_its_own_that_speaks(tuner: GptSovitsEngine) -> None:
    world = tiny_sovits.owner_who_read_aloud()

    assert train_waiting() == 1

    voice = Voice.objects.get(pk=world.voice.pk)
    assert voice.state == "ready", Enrolment.objects.get(pk=world.enrolment.pk).problem
    row = VoiceModel.objects.get()
    model = voice_model(voice)
    assert row.weights_blob.startswith("voice_weights/")
    assert {"weights", "trained_seconds", "t2s_steps", "sovits_steps"} <= model.facts.keys()
    progress = training_progress(enrolment_id=world.enrolment.pk)
    assert progress is not None
    assert (progress.state, progress.share) == ("done", 1.0)
    assert not TrainingPart.objects.exists()

    world.accept(text="Good morning to you.", format="wav")
    render_waiting()
    assert RenderJob.objects.get().state == JobState.DONE


def test_its_weights_change_what_is_heard_and_nothing_is_spoken_without_them(
    tuner: GptSovitsEngine, files: Path
) -> None:
    tiny_sovits.owner_who_read_aloud()
    train_waiting()
    model = stored_model(VoiceModel.objects.get())
    facts = {name: value for name, value in model.facts.items() if name != WEIGHTS}
    plain = type(model)(model.engine, model.arrays, facts)
    item = RenderItem(model, "Good morning.", seed=3)

    with_own, with_installed = tuner.render_batch([item, RenderItem(plain, "Good morning.", seed=3)])
    alone = tuner.render_batch([item])[0]

    assert with_own.samples.tobytes() == alone.samples.tobytes()
    assert with_own.samples.tobytes() != with_installed.samples.tobytes()
    fresh = tiny_sovits.load_engine(files)
    with pytest.raises(EngineError, match="bad_voice_weights"):
        fresh.render_batch([RenderItem(type(model)(model.engine, model.arrays, model.facts), "Good morning.", seed=3)])


def test_zero_shot_is_the_default(tuner: GptSovitsEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "VIVAVOCE_GPT_SOVITS_TRAINING", "zero_shot")
    tiny_sovits.owner_who_read_aloud()
    train_waiting()

    row = VoiceModel.objects.get()
    assert row.weights_blob == ""
    assert WEIGHTS not in stored_model(row).facts


def test_what_a_training_keeps_is_sealed_and_gone_at_the_end(
    tuner: GptSovitsEngine, monkeypatch: pytest.MonkeyPatch, kept: Callable[[], set[Path]]
) -> None:
    world = tiny_sovits.owner_who_read_aloud()
    seen: list[bytes] = []

    _after_saves(monkeypatch, 2, lambda: seen.extend(path.read_bytes() for path in kept()))
    train_waiting()

    assert seen
    assert all(data.startswith(b"VVS1") and b"exp_avg" not in data and b"started" not in data for data in seen)
    assert not kept()
    assert Voice.objects.get(pk=world.voice.pk).state == "ready"


@pytest.mark.parametrize("how", ["revoke", "erase", "owner", "abort", "cancel"])
def test_a_voice_that_goes_takes_its_training_and_all_that_was_kept_with_it(
    tuner: GptSovitsEngine,
    monkeypatch: pytest.MonkeyPatch,
    kept: Callable[[], set[Path]],
    how: str,
) -> None:
    world = tiny_sovits.owner_who_read_aloud()
    account, voice = world.owner.account_id, world.voice.pk
    ends: dict[str, Callable[[], object]] = {
        "revoke": lambda: voice_revoke(account_id=account, voice_id=voice),
        "erase": lambda: voice_erase(account_id=account, voice_id=voice),
        "owner": lambda: owner_erase(account_id=account, owner_id=world.owner.pk),
        "abort": lambda: enrolment_abort(account_id=account, enrolment_id=world.enrolment.pk),
        "cancel": lambda: jobs.cancel(TrainingJob, Q(enrolment=world.enrolment)),
    }
    _after_saves(monkeypatch, 3, ends[how])

    train_waiting()

    assert TrainingJob.objects.get().state in {JobState.FAILED, JobState.CANCELLED}
    assert not VoiceModel.objects.exists()
    assert not TrainingPart.objects.exists()
    assert not kept()
    if how != "cancel":
        assert Enrolment.objects.get(pk=world.enrolment.pk).state == "aborted"


def test_what_a_dead_worker_left_of_an_aborted_enrolment_is_swept(
    tuner: GptSovitsEngine, kept: Callable[[], set[Path]]
) -> None:
    world = tiny_sovits.owner_who_read_aloud()
    job = TrainingJob.objects.get()
    Enrolment.objects.filter(pk=world.enrolment.pk).update(state="training")
    (job,) = jobs.claim(TrainingJob)
    SealedScratch(job).save("t2s", iter([b"one", b"two"]))
    assert b"".join(SealedScratch(job).load("t2s") or ()) == b"onetwo"
    assert orphans_forget() == 0

    sweep()
    assert TrainingPart.objects.count() == len(kept()) == 2
    enrolment_abort(account_id=world.owner.account_id, enrolment_id=world.enrolment.pk)
    sweep()
    assert not TrainingPart.objects.exists()
    assert not kept()


def test_a_training_given_back_after_a_failure_goes_on_where_it_was(
    tuner: GptSovitsEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tiny_sovits.owner_who_read_aloud()
    expected = _unbroken(tuner, tmp_path)

    def out_of_memory() -> None:
        raise MemoryError

    _after_saves(monkeypatch, 4, out_of_memory)
    train_waiting()
    assert TrainingJob.objects.get().state == JobState.PENDING
    kept = TrainingPart.objects.count()
    assert kept
    TrainingJob.objects.update(not_before=None)
    monkeypatch.setattr(worker, "SealedScratch", SealedScratch)
    notes: list[str] = []
    report = worker._Progress.report
    monkeypatch.setattr(worker._Progress, "report", lambda self, s, n: (notes.append(n), report(self, s, n))[1])
    train_waiting()

    assert VoiceModel.objects.get().digest == expected
    assert not any(note.startswith("Step 1 of 4") for note in notes), "it began anew"


def test_versions_stand_side_by_side_and_an_owner_who_adds_recordings_gets_one_that_goes_on(
    tuner: GptSovitsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Random weights speak no speech, of which nothing could be measured.
    spoken = iter((0.5, 0.7))
    monkeypatch.setattr(worker, "measure", lambda *_: {"similarity": next(spoken)})
    world = tiny_sovits.owner_who_read_aloud()
    train_waiting()
    first = VoiceModel.objects.get()
    _more_recordings(world)

    train_waiting()

    second = VoiceModel.objects.exclude(pk=first.pk).get()
    assert (first.version, second.version) == (1, 2)
    assert stored_model(second).facts["previous"] == first.digest
    assert (first.measures, second.measures) == ({"similarity": 0.5}, {"similarity": 0.7})
    voice_model_roll_back(account_id=world.owner.account_id, voice_id=world.voice.pk, version=1)
    voice = Voice.objects.get(pk=world.voice.pk)
    assert voice.active_model == first
    assert voice_model(voice).facts[WEIGHTS] == stored_model(first).facts[WEIGHTS]
    world.accept(text="Good morning to you.", format="wav")
    render_waiting()
    assert RenderJob.objects.get().state == JobState.DONE


def test_a_model_of_another_consent_is_not_gone_on_from(tuner: GptSovitsEngine) -> None:
    world = tiny_sovits.owner_who_read_aloud()
    train_waiting()
    first = VoiceModel.objects.get()
    other = _more_recordings(world)
    Enrolment.objects.filter(pk=world.enrolment.pk).update(consent=other.consent)

    train_waiting()

    assert "previous" not in stored_model(VoiceModel.objects.exclude(pk=first.pk).get()).facts


def test_erasing_a_voice_removes_its_weights(tuner: GptSovitsEngine) -> None:
    world = tiny_sovits.owner_who_read_aloud()
    train_waiting()
    ref = VoiceModel.objects.get().weights_blob
    assert vault.blobs.exists(ref)
    voice_erase(account_id=world.owner.account_id, voice_id=world.voice.pk)

    assert VoiceModel.objects.get().weights_blob == ""
    assert not vault.blobs.exists(ref)


def _unbroken(engine: GptSovitsEngine, folder: Path) -> str:
    """Digest of the model that the waiting job would make if nothing happened to it."""
    job = TrainingJob.objects.get()
    made: list[object] = []
    model = engine.fine_tune(
        gather(job.enrolment).learned,
        scratch=FolderScratch(folder),
        language=job.enrolment.voice.language,
        progress=lambda _share, note: made.append(note),
        should_stop=lambda: False,
        seed=worker.seed_of(job),
    )
    return model.digest


def _more_recordings(world: World) -> World:
    """A second enrolment of the same voice under the same consent, accepted."""
    other = tiny_sovits.owner_who_read_aloud("more@example.org", first=3)
    Enrolment.objects.filter(pk=other.enrolment.pk).update(voice=world.voice, consent=world.consent)
    return other
