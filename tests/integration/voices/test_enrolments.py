"""Readings, screening, training, models."""

from __future__ import annotations

import hashlib

import pytest

from audiokit import AudioError, clock
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from safeguards.gate import permit_take, permit_training
from tests.factories import accounts, evidence
from tests.factories import voices as make
from voices import hooks, jobs, selectors, services
from voices.errors import Conflict, Invalid, NotFound
from voices.models import AnalysisJob, Consent, Enrolment, Recording, SpeakerTemplate, Take, VoiceModel

pytestmark = pytest.mark.django_db


def who(enrolment: Enrolment) -> str:
    return make.account_of(enrolment.voice)


class TestStart:
    """Under an active consent, one at a time."""

    def test_without_a_consent_nothing_is_collected(self):
        voice = make.voice()
        with pytest.raises(Conflict, match="consent_missing"):
            services.enrolment_start(account_id=make.account_of(voice), voice_id=voice.pk)

    def test_a_voice_has_one_open_enrolment(self):
        enrolment = make.enrolment()
        with pytest.raises(Conflict, match="enrolment_open"):
            services.enrolment_start(account_id=who(enrolment), voice_id=enrolment.voice_id)
        services.enrolment_abort(account_id=who(enrolment), enrolment_id=enrolment.pk)
        again = services.enrolment_start(account_id=who(enrolment), voice_id=enrolment.voice_id)
        assert again.state == "collecting"


class TestTakes:
    """One by one."""

    def test_a_reading_is_sealed_and_its_checks_are_queued(self):
        take = make.take(make.enrolment(), transcript="  A  quick   brown fox. ")
        assert take.state == "checking"
        assert selectors.take_transcript(take=take) == "A quick brown fox."
        assert b"fox" not in bytes(take.transcript_sealed)
        assert AnalysisJob.objects.get(take=take).state == "pending"

    @pytest.mark.parametrize("text", ["", "   ", "x" * 401, "a\x00b"])
    def test_a_transcript_that_nobody_could_read_is_refused(self, text):
        with pytest.raises(Invalid, match="transcript_unusable"):
            make.take(make.enrolment(), transcript=text)

    def test_a_reading_keeps_the_name_of_the_manner_it_was_read_in(self):
        enrolment = make.enrolment()
        assert make.take(enrolment, style="cheerful").style == "cheerful"
        assert make.take(enrolment, style="neutral").style == ""
        assert make.take(enrolment).style == ""

    def test_a_reading_taken_out_forgets_the_manner_too(self):
        enrolment = make.enrolment()
        take = make.take(enrolment, style="anna-laughing")
        services.take_withdraw(account_id=who(enrolment), take_id=take.pk)
        assert Take.objects.get(pk=take.pk).style == ""

    @pytest.mark.parametrize("style", ["Cheerful", "very sad", "9lives", "a" * 41, "x:style", "\u00e9mu"])
    def test_a_manner_by_an_unreadable_name_is_refused(self, style):
        with pytest.raises(Invalid, match="style_unusable"):
            make.take(make.enrolment(), style=style)

    def test_an_upload_that_is_no_sound_leaves_nothing_behind(self):
        enrolment = make.enrolment()
        before = Recording.objects.count()
        with pytest.raises(AudioError):
            services.take_add(account_id=who(enrolment), enrolment_id=enrolment.pk, data=b"#EXTM3U", transcript="a")
        assert Recording.objects.count() == before
        assert not Take.objects.exists()

    def test_a_refused_reading_says_why_and_another_can_be_made(self):
        enrolment = make.enrolment()
        take = make.take(enrolment)
        [job] = jobs.claim(AnalysisJob)
        no = Refusal("speaker_mismatch", "The same person must speak.")
        take = services.take_reject(take_id=take.pk, refusal=no, evidence={"evidence": {}}, job=job)
        assert (take.state, take.refusal_code) == ("rejected", "speaker_mismatch")
        assert make.accepted_take(enrolment).state == "accepted"

    def test_a_reading_taken_out_loses_its_sound_and_is_not_judged_any_more(self, django_capture_on_commit_callbacks):
        enrolment = make.enrolment()
        take = make.take(enrolment)
        blob = take.recording.blob
        [job] = jobs.claim(AnalysisJob)
        permit = permit_take(evidence.take_evidence(take.pk, "sandbox"), make.policy_for("sandbox"), clock.now())
        with django_capture_on_commit_callbacks(execute=True):
            gone = services.take_withdraw(account_id=who(enrolment), take_id=take.pk)
        assert (gone.state, gone.refusal_code, gone.recording.blob) == ("rejected", "withdrawn_by_owner", "")
        assert not vault.blobs.exists(blob)
        with pytest.raises(jobs.LeaseLost):
            services.take_accept(take_id=take.pk, permit=permit, evidence={}, job=job)

    def test_after_submission_no_reading_comes_or_goes(self):
        enrolment = make.enrolment()
        take = make.accepted_take(enrolment)
        services.enrolment_submit(account_id=who(enrolment), enrolment_id=enrolment.pk)
        with pytest.raises(Conflict):
            make.take(enrolment)
        with pytest.raises(Conflict):
            services.take_withdraw(account_id=who(enrolment), take_id=take.pk)


class TestScreening:
    """The whole."""

    def test_accepted_it_is_queued_its_template_is_kept_and_other_rooms_are_told(self):
        heard: list[str] = []
        hooks.on_enrolment_accepted(heard.append)
        try:
            enrolment = make.queued_enrolment()
        finally:
            hooks._enrolment_accepted.remove(heard.append)
        assert enrolment.state == "queued"
        assert heard == [enrolment.pk]
        template = SpeakerTemplate.objects.get(voice=enrolment.voice_id)
        assert make.TEMPLATE[0] not in bytes(template.embedding_sealed)

    def test_refused_it_goes_back_to_collecting_with_the_reason(self):
        enrolment = make.enrolment()
        services.enrolment_submit(account_id=who(enrolment), enrolment_id=enrolment.pk)
        [job] = jobs.claim(AnalysisJob)
        no = Refusal("takes_too_few", "Record more.")
        enrolment = services.enrolment_send_back(enrolment_id=enrolment.pk, refusal=no, job=job)
        assert (enrolment.state, enrolment.problem) == ("collecting", "takes_too_few: Record more.")
        assert make.take(enrolment).state == "checking"

    def test_it_can_be_submitted_again_after_having_been_sent_back(self):
        self.test_refused_it_goes_back_to_collecting_with_the_reason()
        enrolment = Enrolment.objects.get()
        assert services.enrolment_submit(account_id=who(enrolment), enrolment_id=enrolment.pk).state == "screening"


class TestTraining:
    """From permit to model."""

    def test_a_model_makes_the_voice_ready(self):
        model = make.trained()
        voice = model.voice
        voice.refresh_from_db()
        assert (voice.state, voice.active_model_id, model.version) == ("ready", model.pk, 1)
        assert model.digest == hashlib.sha256(make.MODEL).hexdigest()
        assert selectors.voice_model_bytes(model=model) == make.MODEL
        assert model.enrolment.state == "ready" or Enrolment.objects.get(pk=model.enrolment_id).state == "ready"

    def test_storing_the_same_training_twice_changes_nothing(self):
        enrolment = make.queued_enrolment()
        permit = permit_training(selectors.training_facts(enrolment_id=enrolment.pk), clock.now())
        services.enrolment_train(enrolment_id=enrolment.pk, permit=permit)
        services.enrolment_train(enrolment_id=enrolment.pk, permit=permit)
        store = {
            "enrolment_id": enrolment.pk,
            "permit": permit,
            "engine": "sine",
            "engine_version": "1",
            "measures": {},
        }
        first = services.voice_model_activate(model=b"one", **store)
        again = services.voice_model_activate(model=b"two", **store)
        assert (first.pk, again.digest) == (again.pk, hashlib.sha256(b"one").hexdigest())
        assert Entry.objects.filter(type=EventType.VOICE_MODEL_STORED).count() == 1

    def test_a_model_trained_while_the_owner_revoked_is_thrown_away(self):
        enrolment = make.queued_enrolment()
        permit = permit_training(selectors.training_facts(enrolment_id=enrolment.pk), clock.now())
        services.enrolment_train(enrolment_id=enrolment.pk, permit=permit)
        services.voice_revoke(account_id=who(enrolment), voice_id=enrolment.voice_id)
        with pytest.raises(Conflict):
            services.voice_model_activate(
                enrolment_id=enrolment.pk, permit=permit, engine="sine", engine_version="1", model=b"m", measures={}
            )
        assert not VoiceModel.objects.exists()
        with pytest.raises(Refusal, match="voice_revoked"):
            permit_training(selectors.training_facts(enrolment_id=enrolment.pk), clock.now())

    def test_a_withdrawn_consent_stops_a_queued_training(self):
        enrolment = make.queued_enrolment()
        consent = Consent.objects.get(voice=enrolment.voice)
        services.consent_withdraw(account_id=who(enrolment), consent_id=consent.pk)
        with pytest.raises(Refusal) as refusal:
            permit_training(selectors.training_facts(enrolment_id=enrolment.pk), clock.now())
        assert set(refusal.value.codes) >= {"voice_revoked", "consent_withdrawn"}

    def test_progress_is_shown_only_while_it_trains_and_within_bounds(self):
        enrolment = make.queued_enrolment()
        services.enrolment_progress(enrolment_id=enrolment.pk, progress=0.5)
        assert Enrolment.objects.get(pk=enrolment.pk).progress == 0.0
        permit = permit_training(selectors.training_facts(enrolment_id=enrolment.pk), clock.now())
        services.enrolment_train(enrolment_id=enrolment.pk, permit=permit)
        services.enrolment_progress(enrolment_id=enrolment.pk, progress=7.0)
        assert Enrolment.objects.get(pk=enrolment.pk).progress == 1.0

    def test_a_failed_training_ends_the_enrolment_and_the_owner_can_start_another(self):
        enrolment = make.queued_enrolment()
        permit = permit_training(selectors.training_facts(enrolment_id=enrolment.pk), clock.now())
        services.enrolment_train(enrolment_id=enrolment.pk, permit=permit)
        failed = services.enrolment_fail(enrolment_id=enrolment.pk, problem="out_of_memory: try again later")
        assert failed.state == "failed"
        assert Entry.objects.get(type=EventType.ENROLMENT_FAILED).body == {"code": "out_of_memory"}
        assert make.enrolment(enrolment.voice).state == "collecting"


class TestVersions:
    """Side by side."""

    def test_an_owner_rolls_back_to_an_older_model_and_the_log_names_it(self):
        voice = make.ready_voice()
        second = make.trained(voice)
        voice.refresh_from_db()
        assert voice.active_model_id == second.pk
        account_id = make.account_of(voice)
        rolled = services.voice_model_roll_back(account_id=account_id, voice_id=voice.pk, version=1)
        assert rolled.active_model.version == 1
        assert [model.version for model in selectors.voice_models_of(account_id=account_id, voice_id=voice.pk)] == [
            2,
            1,
        ]

    def test_a_version_that_never_was_and_a_strangers_voice_are_not_found(self):
        voice = make.ready_voice()
        with pytest.raises(NotFound):
            services.voice_model_roll_back(account_id=make.account_of(voice), voice_id=voice.pk, version=9)
        with pytest.raises(NotFound):
            services.voice_model_roll_back(account_id=accounts.user().pk, voice_id=voice.pk, version=1)
