"""The worker's side: what is remembered of a voice, and the tasks that nudge the work."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import transaction

from audiokit import clock
from safeguards.speaker.calibration import calibration
from tests.factories import voices as make
from voices import jobs, selectors, services, tasks
from voices.analysis import checks, memory, run
from voices.models import Challenge, Consent, Recording, SpeakerTemplate, Take
from voices.services.templates import template_store

pytestmark = pytest.mark.django_db


def fresh(row):
    row.refresh_from_db()
    return row


class TestMemory:
    """Fingerprints of what was heard."""

    def test_a_recording_heard_before_is_found_and_an_erased_one_forgotten(self):
        from safeguards.fingerprint import extract
        from tests.speech_data import clips, load

        first, second = (load(clip) for clip in clips(min_seconds=4.0)[:2])
        consent = make.submitted(world="live")
        recording = Recording.objects.get(consent=consent)
        print_of = {"first": extract(first), "second": extract(second)}
        services.recording_describe(recording=recording, fingerprint=print_of["first"], embedding=None)
        assert memory.duplicate("live", "rec_other", print_of["first"]).matched
        assert memory.duplicate("live", "rec_other", print_of["first"]).matched_kind == "recording"
        assert not memory.duplicate("live", recording.pk, print_of["first"]).matched, "itself is no duplicate"
        assert not memory.duplicate("live", "rec_other", print_of["second"]).matched
        assert not memory.duplicate("sandbox", "rec_other", print_of["first"]).matched, "the worlds do not mix"
        services.voice_erase(account_id=make.account_of(consent.voice), voice_id=consent.voice_id)
        assert not memory.duplicate("live", "rec_other", print_of["first"]).matched

    def test_a_fingerprint_of_an_older_extractor_is_made_anew(self):
        consent = make.submitted(world="live")
        recording = Recording.objects.get(consent=consent)
        services.recording_describe(recording=recording, fingerprint=b"of another version", embedding=None)
        same = memory.fingerprint_of(selectors.recording_audio(recording=recording))
        assert memory.duplicate("live", "rec_other", same).matched
        before = bytes(recording.fingerprint_sealed or b"")
        recording.refresh_from_db()
        assert bytes(recording.fingerprint_sealed) != before

    def test_a_released_clip_that_another_room_recognises_counts(self):
        from safeguards.fingerprint import extract
        from tests.speech_data import clips, load
        from voices import hooks

        print_of = extract(load(clips(min_seconds=4.0)[0]))
        hook = hooks.on_clip_match(lambda world, fingerprint: 0.93)
        try:
            found = memory.duplicate("live", "rec_other", print_of)
        finally:
            hooks._clip_match.remove(hook)
        assert (found.matched, found.matched_kind, found.score) == (True, "clip", 0.93)

    def test_a_template_of_another_encoder_is_not_compared(self, heard):
        consent = make.submitted(world="live")
        run()
        SpeakerTemplate.objects.filter(voice=fresh(consent).voice).update(version="older")
        with pytest.raises(RuntimeError, match="older"):
            memory.identity("live", "usr_other", heard.embedding())

    def test_a_template_of_an_earlier_version_of_the_same_encoder_still_counts(self, heard):
        voice = make.active_consent(make.voice(world="live"), world="live").voice
        single = np.frombuffer(heard.embedding(), np.float32)[:256].tobytes()  # as that version kept it
        (earlier,) = calibration().comparable
        with transaction.atomic():
            template_store(voice.pk, voice.owner, (single, earlier))
        kept = memory.identity("live", "usr_other", heard.embedding()).nearest_other_llr
        with transaction.atomic():
            template_store(voice.pk, voice.owner, (heard.embedding(), checks.speaker_version()))
        assert kept == pytest.approx(memory.identity("live", "usr_other", heard.embedding()).nearest_other_llr)

    def test_a_template_that_is_replaced_or_erased_is_no_longer_found(self, heard):
        voice = make.active_consent(make.voice(world="live"), world="live").voice

        def nearest_after_storing(speaker: int) -> float | None:
            heard.speaker = speaker
            with transaction.atomic():
                template_store(voice.pk, voice.owner, (heard.embedding(), checks.speaker_version()))
            heard.speaker = 0
            return memory.identity("live", "usr_other", heard.embedding()).nearest_other_llr

        known, moved = nearest_after_storing(0), nearest_after_storing(2)
        assert known is not None
        assert moved is not None
        assert moved < known
        SpeakerTemplate.objects.all().delete()
        assert memory.identity("live", "usr_other", heard.embedding()).nearest_other_llr is None


class TestTasks:
    """Celery's way in."""

    def test_the_sweep_ends_what_lapsed_and_nudges_for_what_was_missed(self, monkeypatch):
        sent: list[str] = []
        monkeypatch.setattr(jobs, "nudge", lambda task, job_id=None: sent.append(task))
        with clock.frozen(clock.system()) as time:
            make.challenged()
            make.submitted()
            sent.clear()
            time.advance(121)
            assert tasks.sweep() == 1
        assert sent == ["voices.analyse"]
        assert Challenge.objects.filter(state="expired").count() == 1

    def test_the_tasks_have_the_names_that_others_send(self):
        assert [task.name for task in (tasks.analyse, tasks.sweep, tasks.retention)] == [
            "voices.analyse",
            "voices.sweep",
            "voices.retention",
        ]

    def test_an_analysis_of_an_unknown_id_does_nothing(self):
        assert tasks.analyse("job_unknown") == 0
        assert not Take.objects.exists()
        assert not Consent.objects.exists()

    def test_retention_counts_what_it_touched(self):
        assert tasks.retention() == 0
