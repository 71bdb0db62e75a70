"""The worker's side: which evidence reaches the gate, and what becomes of it. The acoustic checks are replaced by what they would say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audiokit import clock
from safeguards.evidence import LivenessEvidence, WatermarkEvidence
from safeguards.gate import LIVE, WatermarkFacts
from tests.factories import accounts
from tests.factories import voices as make
from tests.integration.voices.conftest import checks_template
from voices import jobs, services
from voices.analysis import checks, run
from voices.models import AnalysisJob, Recording, SpeakerTemplate

pytestmark = pytest.mark.django_db


def fresh(row):
    row.refresh_from_db()
    return row


class TestConsent:
    """From submission to verdict."""

    def test_a_flawless_live_recording_becomes_active_and_leaves_a_template(self, heard):
        consent = make.submitted(world="live")
        assert run() == 1
        assert fresh(consent).state == "active"
        assert AnalysisJob.objects.get(consent=consent).state == "done"
        assert SpeakerTemplate.objects.get(voice=consent.voice).version == checks.speaker_version()
        assert consent.evidence["policy"]["version"].startswith("live")
        assert heard.embedding() not in bytes(Recording.objects.get(consent=consent).embedding_sealed)

    def test_what_the_gate_refuses_is_final_and_not_tried_again(self, heard):
        heard.liveness = LivenessEvidence(0.99, 0.0, 0.0, False, "t")
        consent = make.submitted(world="live")
        run()
        assert (fresh(consent).state, consent.refusal_code) == ("rejected", "speech_synthetic")
        assert consent.evidence["evidence"]["liveness"]["p_synthetic"] == 0.99
        assert run() == 0

    def test_a_borderline_one_waits_for_people(self, heard):
        heard.liveness = replace(heard.liveness, p_synthetic=(LIVE.synthetic_pass + LIVE.synthetic_review) / 2)
        consent = make.submitted(world="live")
        run()
        assert fresh(consent).state == "needs_review"
        assert consent.evidence["review"] == ["speech_synthetic"]
        for _ in range(2):
            operator = accounts.user(operator=True).pk
            services.review_vote(operator_id=operator, consent_id=consent.pk, approve=True, reason="Clearly a person.")
        assert fresh(consent).state == "active"

    def test_the_actor_passes_in_the_sandbox_and_its_recording_is_refused_live_with_every_code(self, heard):
        heard.watermark = WatermarkFacts(WatermarkEvidence(True, 1, -40.0, "t"), True)
        heard.liveness = LivenessEvidence(0.99, 0.0, 0.0, False, "t")
        sandbox, live = make.submitted(world="sandbox"), make.submitted(world="live")
        run()
        assert (fresh(sandbox).state, sandbox.simulated) == ("active", True)
        assert (fresh(live).state, live.refusal_code) == ("rejected", "recording_watermarked")

    def test_a_person_whom_another_account_enrolled_is_refused_and_in_the_other_world_is_not_known(self, heard):
        make_first = make.submitted(world="live")
        run()
        assert fresh(make_first).state == "active"
        second, elsewhere = make.submitted(world="live"), make.submitted(world="sandbox")
        run()
        assert (fresh(second).state, second.refusal_code) == ("rejected", "voice_already_enrolled")
        assert fresh(elsewhere).evidence["evidence"]["identity"]["nearest_other_llr"] is None

    def test_a_protected_voice_is_refused_in_both_worlds(self, heard):
        services.protected_voice_add(
            operator_id=accounts.user(operator=True).pk,
            label="Somebody",
            embedding=heard.embedding(),
            version=checks.speaker_version(),
        )
        for world in ("live", "sandbox"):
            consent = make.submitted(world=world)
            run()
            assert (fresh(consent).state, consent.refusal_code) == ("rejected", "voice_protected")

    def test_another_person_does_not_consent_for_a_known_owner(self, heard):
        first = make.submitted(world="live")
        run()
        heard.speaker = 1
        second = make.submitted(make.voice(of=fresh(first).owner), world="live")
        run()
        assert (fresh(second).state, second.refusal_code) == ("rejected", "speaker_mismatch")

    def test_own_sentences_are_judged_without_the_statement_and_the_evidence_says_so(self, heard, settings):
        settings.VIVAVOCE_CHALLENGE_FROM_SENTENCES = True
        consent = make.draft(world="live")
        sentences = [
            "the quick brown squirrel jumped over seven fences",
            "another wonderful morning began with thunder",
        ]
        account_id = consent.owner.account_id
        challenge = services.challenge_issue(account_id=account_id, consent_id=consent.pk, sentences=sentences)
        services.consent_submit(
            account_id=account_id, consent_id=consent.pk, challenge_id=challenge.pk, data=make.sound()
        )
        run()
        assert fresh(consent).state == "active"
        assert consent.evidence["evidence"]["asked"]["kind"] == "sentences"
        assert consent.evidence["evidence"]["challenge"]["statement_score"] is None

    def test_when_each_word_was_shown_reaches_the_liveness_check_and_stays_in_the_evidence(self, heard):
        consent, challenge = make.challenged(world="live")
        times = [0.5 * place for place in range(len(challenge.words))]
        account_id = consent.owner.account_id
        services.consent_submit(
            account_id=account_id, consent_id=consent.pk, challenge_id=challenge.pk, data=make.sound(), shown_s=times
        )
        run()
        assert heard.shown_s == tuple(times)
        assert fresh(consent).evidence["evidence"]["asked"]["shown_s"] == times

    def test_without_times_the_words_count_as_shown_at_once(self, heard):
        make.submitted(world="live")
        run()
        assert heard.shown_s is None


class TestFailures:
    """Checks that break, workers that die, owners who change their minds."""

    def test_a_check_that_breaks_is_tried_again_later_and_decides_nothing(self, heard):
        def broken() -> None:
            raise OSError("the disk is away")

        heard.fails = broken
        with clock.frozen(clock.system()) as time:
            consent = make.submitted(world="live")
            run()
            assert fresh(consent).state == "verifying"
            heard.fails = lambda: None
            time.advance(60)
            run()
        assert fresh(consent).state == "active"

    def test_a_check_that_never_works_is_missing_evidence_in_the_end(self, heard):
        def broken() -> None:
            raise OSError("the disk is away")

        heard.fails = broken
        with clock.frozen(clock.system()) as time:
            consent = make.submitted(world="live")
            for _ in range(jobs.MAX_ATTEMPTS):
                assert run() == 1
                time.advance(600)
            assert run() == 0
        assert (fresh(consent).state, consent.refusal_code) == ("rejected", "evidence_missing")

    def test_an_analysis_that_kills_its_workers_is_given_up_unrun(self, heard):
        consent = make.submitted(world="live")
        AnalysisJob.objects.filter(consent=consent).update(attempts=jobs.MAX_ATTEMPTS)
        run()
        assert (fresh(consent).state, consent.refusal_code) == ("rejected", "evidence_missing")

    def test_a_withdrawal_during_the_checks_wins(self, heard):
        consent = make.submitted(world="live")
        account_id = consent.owner.account_id
        heard.fails = lambda: services.consent_withdraw(account_id=account_id, consent_id=consent.pk) and None
        run()
        assert fresh(consent).state == "withdrawn"
        assert AnalysisJob.objects.get(consent=consent).state == "cancelled"

    def test_an_erasure_during_the_checks_wins(self, heard):
        consent = make.submitted(world="live")
        owner = consent.owner
        heard.fails = lambda: services.owner_erase(account_id=owner.account_id, owner_id=owner.pk) and None
        run()
        assert fresh(consent).state == "withdrawn"
        assert Recording.objects.get(consent=consent).embedding_sealed is None

    def test_only_the_named_job_is_done(self, heard):
        first, second = make.submitted(world="live"), make.submitted(world="sandbox")
        assert run(AnalysisJob.objects.get(consent=second).pk) == 1
        assert (fresh(first).state, fresh(second).state) == ("submitted", "active")


class TestEnrolment:
    """Readings, then the whole."""

    def collected(self, heard, *, takes: int = 5):
        consent = make.submitted(world="live")
        run()
        enrolment = services.enrolment_start(account_id=consent.owner.account_id, voice_id=fresh(consent).voice_id)
        for _ in range(takes):
            make.take(enrolment)
        return enrolment

    def hand_in(self, enrolment):
        services.enrolment_submit(account_id=make.account_of(enrolment.voice), enrolment_id=enrolment.pk)

    def test_accepted_readings_are_queued_for_training(self, heard):
        enrolment = self.collected(heard)
        assert run() == 5
        assert set(enrolment.takes.values_list("state", flat=True)) == {"accepted"}
        self.hand_in(enrolment)
        run()
        assert fresh(enrolment).state == "queued"

    def test_a_reading_by_another_person_is_refused_and_the_rest_goes_on(self, heard):
        enrolment = self.collected(heard)
        run()
        heard.speaker = 1
        stranger = make.take(enrolment)
        run()
        assert (fresh(stranger).state, stranger.refusal_code) == ("rejected", "speaker_mismatch")
        self.hand_in(enrolment)
        run()
        assert fresh(enrolment).state == "queued"

    def test_too_few_readings_send_it_back(self, heard):
        enrolment = self.collected(heard, takes=2)
        run()
        self.hand_in(enrolment)
        run()
        assert fresh(enrolment).state == "collecting"
        assert enrolment.problem.startswith("takes_too_few")

    def test_a_whole_waits_for_readings_whose_checks_are_under_way_elsewhere(self, heard):
        enrolment = self.collected(heard)
        run()
        with clock.frozen(clock.system()) as time:
            late = make.take(enrolment)
            [elsewhere] = jobs.claim(AnalysisJob)
            self.hand_in(enrolment)
            run()
            assert fresh(enrolment).state == "screening"
            assert AnalysisJob.objects.get(enrolment=enrolment).attempts == 0
            jobs.give_back(elsewhere, "busy")
            time.advance(30)
            run()
            time.advance(30)
            run()
        assert fresh(late).state == "accepted"
        assert fresh(enrolment).state == "queued"

    def test_a_voice_enrolled_elsewhere_in_the_meantime_is_refused(self, heard):
        enrolment = self.collected(heard)
        run()
        other = make.voice(world="live")
        SpeakerTemplate.objects.filter(voice=enrolment.voice).update(voice=other, owner=other.owner)
        sealed = checks_template(heard, other)
        SpeakerTemplate.objects.filter(voice=other).update(embedding_sealed=sealed)
        self.hand_in(enrolment)
        run()
        assert fresh(enrolment).state == "collecting"
        assert enrolment.problem.startswith("voice_already_enrolled")
