"""From an accepted enrolment to a voice that can speak."""

from __future__ import annotations

import pytest

from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from synthesis.engine.protocol import EngineError, VoiceModel
from synthesis.models import TrainingJob
from synthesis.render.preparation import voice_model
from synthesis.selectors import training_progress
from synthesis.training import train_waiting
from synthesis.training.readings import gather
from tests.fakes.engine import SineEngine
from tests.fakes.world import World, make_world, queue_training
from voices import hooks, jobs
from voices.models import Consent, Enrolment, JobState, Voice
from voices.models import VoiceModel as VoiceModelRow
from voices.services import enrolment_abort, voice_model_roll_back, voice_revoke

pytestmark = pytest.mark.django_db


def _untrained() -> World:
    world = make_world(trained=False)
    queue_training(world)
    return world


def test_the_hook_of_an_accepted_enrolment_writes_one_job_and_nudges(nudges: list[str]) -> None:
    world = make_world(trained=False)

    hooks.enrolment_accepted(world.enrolment.pk)
    hooks.enrolment_accepted(world.enrolment.pk)

    assert TrainingJob.objects.filter(enrolment=world.enrolment).count() == 1


def test_an_accepted_enrolment_becomes_a_ready_voice(engine: SineEngine) -> None:
    world = _untrained()

    assert train_waiting() == 1

    voice = Voice.objects.get(pk=world.voice.pk)
    assert voice.state == "ready"
    assert voice.active_model is not None
    model = voice_model(voice)
    assert isinstance(model, VoiceModel)
    assert model.facts["texts"] == "6", "all accepted readings were learned from"
    assert model.digest == voice.active_model.digest
    progress = training_progress(enrolment_id=world.enrolment.pk)
    assert progress is not None
    assert (progress.state, progress.share) == ("done", 1.0)


def test_training_again_changes_nothing(engine: SineEngine) -> None:
    world = _untrained()
    train_waiting()
    before = VoiceModelRow.objects.get()

    TrainingJob.objects.update(state=JobState.PENDING)
    train_waiting()

    assert VoiceModelRow.objects.get() == before
    assert Entry.objects.filter(subject=f"enrolment:{world.enrolment.pk}", type=EventType.ENROLMENT_READY).count() == 1


def test_readings_that_will_not_do_fail_the_enrolment_with_the_engines_sentence(engine: SineEngine) -> None:
    world = _untrained()

    def refuse() -> None:
        raise EngineError("too_little_speech", "Record more sentences.")

    engine.on_step = refuse
    train_waiting()

    enrolment = Enrolment.objects.get(pk=world.enrolment.pk)
    assert (enrolment.state, enrolment.problem) == ("failed", "Record more sentences.")
    assert TrainingJob.objects.get().error_code == "too_little_speech"


def test_a_crash_is_tried_again_and_at_last_given_up(engine: SineEngine) -> None:
    world = _untrained()

    def crash() -> None:
        raise MemoryError

    engine.on_step = crash
    for _ in range(jobs.MAX_ATTEMPTS):
        assert train_waiting() == 1
        TrainingJob.objects.update(not_before=None)

    assert train_waiting() == 0
    assert TrainingJob.objects.get().state == JobState.FAILED
    assert Enrolment.objects.get(pk=world.enrolment.pk).state == "failed"


@pytest.mark.parametrize("stop", ["revoke", "abort"])
def test_a_training_under_way_stops_at_its_next_step(engine: SineEngine, stop: str) -> None:
    world = _untrained()
    steps: list[int] = []

    def step() -> None:
        steps.append(len(steps))
        if stop == "revoke":
            voice_revoke(account_id=world.owner.account_id, voice_id=world.voice.pk)
        else:
            enrolment_abort(account_id=world.owner.account_id, enrolment_id=world.enrolment.pk)

    engine.on_step = step
    train_waiting()

    assert steps == [0]
    assert not VoiceModelRow.objects.exists()
    assert Enrolment.objects.get(pk=world.enrolment.pk).state == "aborted"
    assert TrainingJob.objects.get().state in {JobState.FAILED, JobState.CANCELLED}


def test_without_a_standing_consent_nothing_is_trained(engine: SineEngine) -> None:
    world = _untrained()
    Consent.objects.filter(pk=world.consent.pk).update(state="expired")

    train_waiting()

    assert not VoiceModelRow.objects.exists()
    assert TrainingJob.objects.get().error_code == "consent_expired"


def test_a_model_whose_bytes_are_not_those_that_were_trained_is_not_used(engine: SineEngine) -> None:
    world = make_world()
    VoiceModelRow.objects.update(digest="0" * 64)

    with pytest.raises(EngineError, match="bad_voice_model"):
        voice_model(Voice.objects.get(pk=world.voice.pk))


def _more_recordings(world: World) -> None:
    """A second enrolment of the same voice under the same consent, accepted."""
    other = make_world(trained=False, email="more@example.org")
    Enrolment.objects.filter(pk=other.enrolment.pk).update(voice=world.voice, consent=world.consent)
    queue_training(other)


def test_an_owner_who_adds_recordings_gets_a_next_version_of_all_of_them(engine: SineEngine) -> None:
    world = _untrained()
    train_waiting()
    _more_recordings(world)

    train_waiting()

    first, second = VoiceModelRow.objects.order_by("version")
    assert (first.version, second.version) == (1, 2)
    voice = Voice.objects.get(pk=world.voice.pk)
    assert voice.active_model == second
    assert voice_model(voice).facts["texts"] == "10", (
        "of twelve two are held back, and the readings of the enrolment before count too"
    )


def test_readings_of_another_consent_are_not_learned_from(engine: SineEngine) -> None:
    world = _untrained()
    train_waiting()
    other = make_world(trained=False, email="somebody@example.org")
    Enrolment.objects.filter(pk=other.enrolment.pk).update(voice=world.voice)
    queue_training(other)

    assert len(gather(Enrolment.objects.get(pk=other.enrolment.pk)).learned) == 6


def test_an_earlier_version_can_be_made_active_again_and_the_log_says_so(engine: SineEngine) -> None:
    world = _untrained()
    train_waiting()
    _more_recordings(world)
    train_waiting()

    voice_model_roll_back(account_id=world.owner.account_id, voice_id=world.voice.pk, version=1)

    voice = Voice.objects.get(pk=world.voice.pk)
    assert voice.active_model is not None
    assert voice.active_model.version == 1
    assert Entry.objects.filter(subject=f"voice:{voice.pk}", type=EventType.VOICE_MODEL_REPLACED).count() == 1
