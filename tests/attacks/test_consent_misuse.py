"""Misuse of consent and enrolment, by the numbers of the list of misuse cases, as far as rows and the gate can say it.

Sound is noise here and the evidence says what the checks would have heard: these tests show that nobody gets past what the evidence
says. How well the checks hear is measured where they live.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import soundfile

from audiokit import AudioError, clock
from safeguards import vault
from safeguards.errors import Refusal
from safeguards.evidence import DuplicateEvidence, IdentityEvidence, LivenessEvidence, WatermarkEvidence, WordScore
from safeguards.gate import (
    ConsistencyFacts,
    ReleaseFacts,
    RequestFacts,
    WatermarkFacts,
    permit_consent,
    permit_release,
    permit_synthesis,
    permit_take,
    policy_for,
)
from tests.factories import accounts, evidence
from tests.factories import voices as make
from voices import jobs, selectors, services
from voices.errors import ChallengeLate, Conflict, NotFound
from voices.models import AnalysisJob, Challenge, Consent, Grant, Recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def time():
    with clock.frozen(clock.system()) as frozen:
        yield frozen


def answer(consent: Consent, challenge_id: str, *, by: str | None = None, data: bytes | None = None) -> Consent:
    return services.consent_submit(
        account_id=by or consent.owner.account_id,
        consent_id=consent.pk,
        challenge_id=challenge_id,
        data=data or make.sound(),
    )


def judged(**spoiled) -> tuple[str, ...]:
    """The codes with which a live consent is rejected when its evidence is spoiled; the row must end rejected."""
    consent, job = make.verifying(world="live")
    found = replace(evidence.consent_evidence(consent.pk, "live", facts=make.asked(consent)), **spoiled)
    with pytest.raises(Refusal) as refusal:
        permit_consent(found, policy_for("live"), clock.now(), approvals=frozenset({"op_1", "op_2"}))
    services.consent_reject(consent_id=consent.pk, refusal=refusal.value, evidence=None, job=job)
    consent.refresh_from_db()
    assert consent.state == "rejected"
    with pytest.raises(Conflict, match="consent_missing"):
        services.enrolment_start(account_id=consent.owner.account_id, voice_id=consent.voice_id)
    return refusal.value.codes


def release(grant: Grant):
    request = RequestFacts("req_1", grant.organisation_id, grant.world, "narration", "en", "mp3", 10, True)
    facts = selectors.synthesis_facts(voice_id=grant.voice_id, grant_id=grant.pk, request=request)
    permit_release(ReleaseFacts(facts, True, True, "mp3", "0" * 64), clock.now())


class TestCase01OldRecordingReplayed:
    """An old consent recording is brought again."""

    @pytest.mark.parametrize("score", [0.99, 0.9])
    def test_a_recording_heard_before_is_refused_also_re_encoded(self, score):
        assert judged(duplicate=DuplicateEvidence(True, score, "recording", "t")) == ("recording_duplicate",)

    def test_it_also_says_the_words_of_another_challenge(self):
        assert "challenge_wrong" in judged(challenge=evidence.challenge(("old", "words", "of", "another", "day", "x")))

    def test_a_clip_of_ours_whose_mark_was_destroyed_is_recognised_too(self):
        assert judged(duplicate=DuplicateEvidence(True, 0.95, "clip", "t")) == ("recording_duplicate",)


class TestCase02ConsumedChallenge:
    """A challenge is answered once. The parallel case runs in tests/integration/voices/test_concurrency.py."""

    def test_the_second_answer_is_refused_and_leaves_no_sound(self):
        consent, challenge = make.challenged()
        answer(consent, challenge.pk)
        with pytest.raises(ChallengeLate) as late:
            answer(consent, challenge.pk)
        assert late.value.code == "challenge_consumed"
        assert Recording.objects.count() == 1
        assert AnalysisJob.objects.count() == 1


class TestCase03LateOrForeign:
    """A late answer, another account's challenge, another consent's challenge."""

    def test_an_answer_at_120_seconds_is_late(self, time):
        consent, challenge = make.challenged()
        time.advance(120)
        with pytest.raises(ChallengeLate) as late:
            answer(consent, challenge.pk)
        assert late.value.code == "challenge_expired"
        challenge.refresh_from_db()
        assert challenge.state == "expired"

    def test_an_answer_just_before_is_in_time(self, time):
        consent, challenge = make.challenged()
        time.advance(119)
        assert answer(consent, challenge.pk).state == "submitted"

    def test_another_accounts_challenge_does_not_exist(self):
        consent, _ = make.challenged()
        _, foreign = make.challenged()
        with pytest.raises(NotFound):
            answer(consent, foreign.pk)
        foreign.refresh_from_db()
        assert foreign.state == "issued", "and it is not used up by the attempt"

    def test_another_account_cannot_answer_for_the_owner(self):
        consent, challenge = make.challenged()
        with pytest.raises(NotFound):
            answer(consent, challenge.pk, by=accounts.user().pk)

    def test_ones_own_challenge_for_another_consent_does_not_fit(self):
        first, challenge = make.challenged()
        second = make.draft(first.voice, purposes=["advertising"])
        services.challenge_issue(account_id=first.owner.account_id, consent_id=second.pk)
        with pytest.raises(ChallengeLate) as late:
            answer(second, challenge.pk)
        assert late.value.code == "challenge_mismatch"

    def test_a_scope_that_was_widened_behind_the_challenges_back_does_not_fit(self):
        consent, challenge = make.challenged()
        Consent.objects.filter(pk=consent.pk).update(purposes=["narration", "advertising"])
        with pytest.raises(ChallengeLate) as late:
            answer(consent, challenge.pk)
        assert late.value.code == "challenge_mismatch"


class TestCase04AnotherSpeaker:
    """Somebody else consents, or reads."""

    def test_a_known_owner_is_not_spoken_for_by_another_person(self):
        other = replace(evidence.same_speaker(), accepted_at_far=0.5, llr=-7.0)
        assert judged(first=False, speaker=other) == ("speaker_mismatch",)

    def test_a_voice_that_another_account_enrolled_is_not_consented_to_again(self):
        assert judged(identity=IdentityEvidence(12.0, None, "t")) == ("voice_already_enrolled",)

    def test_a_protected_voice_is_refused(self):
        assert judged(identity=IdentityEvidence(None, 12.0, "t")) == ("voice_protected",)

    def test_a_reading_by_another_person_is_refused(self):
        take = make.take(make.enrolment(world="live"))
        other = replace(evidence.same_speaker(), accepted_at_far=0.5)
        found = replace(evidence.take_evidence(take.pk), speaker=other)
        with pytest.raises(Refusal, match="speaker_mismatch"):
            permit_take(found, policy_for("live"), clock.now())


def test_case_05_synthetic_speech_as_consent_is_refused():
    assert judged(liveness=LivenessEvidence(0.97, 0.1, 0.1, False, "t")) == ("speech_synthetic",)


def test_case_05_a_loudspeaker_is_refused():
    assert judged(liveness=LivenessEvidence(0.1, 0.97, 0.1, False, "t"))[0] == "speech_replayed"


class TestCase06OurOwnMark:
    """A clip of ours as consent or as a reading."""

    MARK = WatermarkEvidence(True, 3, -30.0, "t")

    @pytest.mark.parametrize("actor", [True, False, None])
    def test_in_the_live_world_every_mark_refuses_the_actors_too(self, actor):
        assert judged(watermark=WatermarkFacts(self.MARK, actor)) == ("recording_watermarked",)

    @pytest.mark.parametrize("world", ["live", "sandbox"])
    def test_a_marked_reading_is_refused_in_both_worlds_unless_it_is_the_sandbox_actors(self, world):
        take = make.take(make.enrolment(world=world))
        found = replace(evidence.take_evidence(take.pk, world), watermark=WatermarkFacts(self.MARK, False))
        with pytest.raises(Refusal, match="recording_watermarked"):
            permit_take(found, policy_for(world), clock.now())


class TestCase07OtherWords:
    """A partial, negated or edited phrase."""

    def heard(self, **changes):
        return replace(evidence.challenge(), **changes)

    def test_a_missing_word(self):
        words = evidence.challenge().words[:-1]
        assert judged_with_words(words) == ("challenge_wrong",)

    def test_swapped_words(self):
        first, second, *rest = evidence.challenge().words
        assert judged_with_words((second, first, *rest)) == ("challenge_wrong",)

    def test_an_extra_word(self):
        assert judged_with_words((*evidence.challenge().words, WordScore("not", 5.0, True))) == ("challenge_wrong",)

    def test_a_statement_that_was_negated_or_cut(self):
        consent, _ = make.verifying(world="live")
        facts = make.asked(consent)
        said = replace(evidence.challenge(facts.words), passed=False, problem="“not” was heard.")
        found = replace(evidence.consent_evidence(consent.pk, "live", facts=facts), challenge=said)
        with pytest.raises(Refusal, match="“not” was heard"):
            permit_consent(found, policy_for("live"), clock.now())


def judged_with_words(words) -> tuple[str, ...]:
    consent, _ = make.verifying(world="live")
    facts = replace(make.asked(consent), words=evidence.WORDS)
    said = replace(evidence.challenge(), words=tuple(words))
    found = replace(evidence.consent_evidence(consent.pk, "live", facts=facts), challenge=said)
    with pytest.raises(Refusal) as refusal:
        permit_consent(found, policy_for("live"), clock.now())
    return refusal.value.codes


class TestCase08MixedSpeakers:
    """Spliced or mixed, and one bad file among many."""

    def test_two_voices_in_one_recording(self):
        assert judged(consistency=ConsistencyFacts(-8.0, "t")) == ("speaker_inconsistent",)

    def test_a_recording_put_together_from_pieces(self):
        assert judged(liveness=LivenessEvidence(0.1, 0.1, 0.97, False, "t"))[0] == "recording_spliced"

    def test_one_bad_reading_among_many_is_named_and_the_others_stay(self):
        enrolment = make.enrolment(world="live")
        good = [make.accepted_take(enrolment) for _ in range(3)]
        bad = make.take(enrolment)
        [job] = jobs.claim(AnalysisJob)
        found = replace(evidence.take_evidence(bad.pk), liveness=LivenessEvidence(0.99, 0.0, 0.0, False, "t"))
        with pytest.raises(Refusal) as refusal:
            permit_take(found, policy_for("live"), clock.now())
        services.take_reject(take_id=bad.pk, refusal=refusal.value, evidence=None, job=job)
        states = {take.pk: take.state for take in selectors.takes_of(enrolment=enrolment)}
        assert states.pop(bad.pk) == "rejected"
        assert set(states.values()) == {"accepted"}
        assert len(states) == len(good)


class TestCase09Junk:
    """Uploads that are no speech, or no sound."""

    def wav(self, samples: np.ndarray, rate: int = 16_000) -> bytes:
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, rate, format="WAV", subtype="FLOAT")
        return buffer.getvalue()

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"RIFF\xff\xff\xff\xffWAVE",
            b"#EXTM3U\nhttp://127.0.0.1/",
            b"../../etc/passwd\x00",
            b"%PDF-1.7 " * 100,
        ],
    )
    def test_what_is_no_sound_is_refused_with_a_code_and_leaves_nothing(self, data):
        consent, challenge = make.challenged()
        with pytest.raises(AudioError) as error:
            services.consent_submit(
                account_id=consent.owner.account_id, consent_id=consent.pk, challenge_id=challenge.pk, data=data
            )
        assert error.value.code
        assert not Recording.objects.exists()

    def test_sound_that_is_not_numbers_one_sample_eight_channels_and_too_long_are_refused(self):
        nan = np.full(16_000, np.nan, np.float32)
        for samples in (nan, np.zeros(1, np.float32), np.zeros((16_000, 8), np.float32)):
            consent, challenge = make.challenged()
            with pytest.raises(AudioError):
                answer(consent, challenge.pk, data=self.wav(samples))
        consent, challenge = make.challenged()
        with pytest.raises(AudioError) as error:
            answer(consent, challenge.pk, data=self.wav(np.zeros(8_000 * 91, np.float32), 8_000))
        assert error.value.code == "too_long"
        assert not Recording.objects.exists()

    def test_a_blob_whose_transaction_failed_is_gone(self, monkeypatch):
        consent, challenge = make.challenged()
        made: list[str] = []
        put = vault.blobs.put
        monkeypatch.setattr(vault.blobs, "put", lambda *a, **k: made.append(put(*a, **k)) or made[-1])
        Challenge.objects.filter(pk=challenge.pk).update(attempts=2)
        services.challenge_issue(account_id=consent.owner.account_id, consent_id=consent.pk)
        monkeypatch.setattr("voices.services.consents.challenge_check", lambda **_: challenge)
        with pytest.raises(ChallengeLate):
            answer(consent, challenge.pk)
        assert made
        assert not vault.blobs.exists(made[0])

    def test_silence_is_decoded_and_refused_for_want_of_speech(self):
        quiet = replace(evidence.quality(), net_seconds=0.0, snr_db=0.0, problem="No speech was heard.")
        assert "speech_too_short" in judged(quality=quiet)


class TestCase11ConsentEndsBetweenAcceptAndRelease:
    """What was accepted is asked again at its release."""

    def test_expired_in_between(self, time):
        grant = make.active_grant(expires_at=clock.now() + timedelta(days=900))
        release(grant)
        time.advance(365 * 86_400)
        with pytest.raises(Refusal, match="consent_expired"):
            release(grant)

    @pytest.mark.parametrize(
        "end", ["consent_withdraw", "voice_revoke", "grant_revoke", "voice_suspend", "voice_erase"]
    )
    def test_ended_by_the_owner_in_between(self, end):
        grant = make.active_grant()
        release(grant)
        account_id, consent = make.account_of(grant.voice), Consent.objects.get(voice=grant.voice)
        call = getattr(services, end)
        if end == "grant_revoke":
            call(account_id=account_id, grant_id=grant.pk)
        elif end == "consent_withdraw":
            call(account_id=account_id, consent_id=consent.pk)
        else:
            call(account_id=account_id, voice_id=grant.voice_id)
        with pytest.raises(Refusal):
            release(grant)


class TestCase13WhoApproves:
    """The owner of this voice, and nobody else."""

    def test_another_owner_does_not_find_the_grant(self):
        grant = make.requested_grant()
        other = make.account_of(make.ready_voice())
        for call in (services.grant_approve, services.grant_decline, services.grant_revoke):
            with pytest.raises(NotFound):
                call(account_id=other, grant_id=grant.pk)
        grant.refresh_from_db()
        assert grant.state == "requested"

    def test_a_manager_of_the_app_does_not_approve_it(self):
        app = accounts.organisation()
        manager = accounts.member(app).user
        grant = make.requested_grant(by=app)
        with pytest.raises(NotFound):
            services.grant_approve(account_id=manager.pk, grant_id=grant.pk)

    def test_an_operator_or_auditor_does_not_approve_it(self):
        grant = make.requested_grant()
        for person in (accounts.user(operator=True), accounts.user(auditor=True)):
            with pytest.raises(NotFound):
                services.grant_approve(account_id=person.pk, grant_id=grant.pk)

    def test_an_approval_written_around_the_service_without_an_approver_is_refused_by_the_gate_and_the_database(self):
        grant = make.requested_grant()
        request = RequestFacts("req_1", grant.organisation_id, grant.world, "narration", "en", "mp3", 10, False)
        facts = selectors.synthesis_facts(voice_id=grant.voice_id, grant_id=grant.pk, request=request)
        with pytest.raises(Refusal, match="grant_not_active"):
            permit_synthesis(facts, clock.now())
