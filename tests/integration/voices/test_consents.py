"""Drafts, challenges, submissions, verdicts, renewal, withdrawal, expiry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from audiokit import AudioError, clock
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from safeguards.gate import LIVE, permit_consent
from tests.factories import accounts, evidence
from tests.factories import voices as make
from voices import hooks, selectors, services
from voices.errors import ChallengeLate, Conflict, Invalid, NotFound
from voices.models import AnalysisJob, Challenge, Consent, Grant, Recording, Voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def time():
    with clock.frozen(clock.system()) as frozen:
        yield frozen


def who(consent: Consent) -> str:
    return consent.owner.account_id


def submit(consent: Consent, challenge: Challenge, data: bytes | None = None) -> Consent:
    return services.consent_submit(
        account_id=who(consent), consent_id=consent.pk, challenge_id=challenge.pk, data=data or make.sound()
    )


def events(subject: str) -> list[int]:
    return list(Entry.objects.filter(subject=subject).order_by("index").values_list("type", flat=True))


class TestDraft:
    """What is to be consented to."""

    def test_the_statement_names_the_owner_the_platform_and_the_scope_and_lies_sealed(self):
        consent = make.draft()
        text = selectors.consent_statement(consent=consent)
        for part in ("Ada Example", "Viva Voce", "reading texts aloud", "digital assistants", "English"):
            assert part in text
        assert b"Ada" not in bytes(consent.statement_sealed)

    @pytest.mark.parametrize("world", ["live", "sandbox"])
    def test_a_consent_is_simulated_exactly_in_the_sandbox(self, world):
        assert make.draft(world=world).simulated is (world == "sandbox")

    @pytest.mark.parametrize("days", [0, -1, 5000])
    def test_a_time_without_bounds_is_refused(self, days):
        with pytest.raises(Invalid, match="days_out_of_range"):
            make.draft(days_valid=days)

    def test_the_log_holds_a_commitment_to_the_statement_and_not_its_digest(self):
        consent = make.draft()
        body = Entry.objects.get(type=EventType.CONSENT_DRAFTED).body
        assert consent.statement_digest not in str(body)
        assert len(body["statement"]) == 64

    def test_an_ended_voice_is_not_consented_to(self):
        voice = make.voice()
        services.voice_revoke(account_id=make.account_of(voice), voice_id=voice.pk)
        with pytest.raises(Conflict, match="voice_ended"):
            make.draft(voice)


class TestChallenge:
    """Single use, short-lived, bound."""

    def test_it_is_random_words_for_two_minutes_with_a_nonce_of_128_bits(self, time):
        consent, challenge = make.challenged()
        assert (consent.state, challenge.state) == ("challenged", "issued")
        assert challenge.expires_at - challenge.issued_at == timedelta(seconds=120)
        assert len(bytes.fromhex(challenge.nonce)) == 16
        assert len(challenge.words) >= 6

    def test_a_new_one_ends_the_old_one(self):
        consent, first = make.challenged()
        second = services.challenge_issue(account_id=who(consent), consent_id=consent.pk)
        first.refresh_from_db()
        assert (first.state, second.state) == ("expired", "issued")
        with pytest.raises(ChallengeLate, match="challenge_expired"):
            submit(consent, first)

    def test_nobody_draws_until_they_like_the_words(self, time):
        consent = make.draft()
        for _ in range(20):
            services.challenge_issue(account_id=who(consent), consent_id=consent.pk)
        with pytest.raises(Conflict, match="challenge_too_many"):
            services.challenge_issue(account_id=who(consent), consent_id=consent.pk)
        time.advance(3601)
        assert services.challenge_issue(account_id=who(consent), consent_id=consent.pk).state == "issued"

    def test_one_that_nobody_answers_ends_by_the_sweep_and_the_consent_is_a_draft_again(self, time):
        consent, challenge = make.challenged()
        time.advance(119)
        assert services.challenges_expire_due() == 0
        time.advance(1)
        assert services.challenges_expire_due() == 1
        consent.refresh_from_db()
        challenge.refresh_from_db()
        assert (consent.state, challenge.state) == ("draft", "expired")

    def test_three_uploads_that_are_no_sound_use_it_up(self):
        consent, challenge = make.challenged()
        for _ in range(3):
            with pytest.raises(AudioError):
                submit(consent, challenge, b"this is no sound")
        challenge.refresh_from_db()
        consent.refresh_from_db()
        assert (challenge.state, challenge.attempts, consent.state) == ("failed", 3, "draft")
        with pytest.raises(ChallengeLate, match="challenge_failed"):
            submit(consent, challenge)
        assert not Recording.objects.exists()

    def test_own_sentences_are_refused_unless_the_operator_allows_them(self, settings):
        consent = make.draft()
        sentences = [
            "the quick brown squirrel jumped over seven fences",
            "another wonderful morning began with thunder",
        ]
        draw = {"account_id": who(consent), "consent_id": consent.pk, "sentences": sentences}
        with pytest.raises(Conflict, match="sentences_not_allowed"):
            services.challenge_issue(**draw)
        settings.VIVAVOCE_CHALLENGE_FROM_SENTENCES = True
        challenge = services.challenge_issue(**draw)
        assert challenge.kind == "sentences"
        assert set(challenge.words) <= set(sentences)
        assert Entry.objects.get(type=EventType.CHALLENGE_ISSUED).body["kind"] == "sentences"


def values_of(node: object) -> Iterator[object]:
    """What a document's fields hold, without their names."""
    if isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from values_of(inner)
    else:
        yield node


class TestSubmission:
    """The answer."""

    def test_it_consumes_the_challenge_seals_the_sound_and_queues_the_analysis_at_once(self):
        consent, challenge = make.challenged()
        consent = submit(consent, challenge)
        challenge.refresh_from_db()
        assert (consent.state, challenge.state) == ("submitted", "consumed")
        assert AnalysisJob.objects.get(consent=consent).state == "pending"
        stored = vault.blobs.get(consent.recording.blob, consent.owner.data_key_id)
        assert stored[:4] == b"fLaC", "the samples are kept, not the uploaded file"
        sound = selectors.recording_audio(recording=consent.recording)
        assert (sound.seconds, sound.sample_rate) == (1.0, 16_000)

    def test_every_step_is_in_the_log_in_order(self):
        consent = make.active_consent()
        assert events(f"consent:{consent.pk}") == [
            EventType.CONSENT_DRAFTED,
            EventType.CONSENT_CHALLENGED,
            EventType.CONSENT_SUBMITTED,
            EventType.CONSENT_VERIFYING,
            EventType.CONSENT_ACTIVATED,
        ]

    def test_the_log_holds_no_name_no_words_and_no_scores(self):
        consent = make.active_consent()
        words = Challenge.objects.get(consent=consent).words
        leaves = [bytes(leaf).decode() for leaf in Entry.objects.values_list("leaf", flat=True)]
        assert not [leaf for leaf in leaves if "Ada" in leaf or '"llr"' in leaf or '"p_synthetic"' in leaf]
        # "challenge" is a word of the lists and a name of a field: only what fields hold is looked at.
        held = [value for leaf in leaves for value in values_of(json.loads(leaf))]
        assert held
        assert not set(held) & set(words)

    @pytest.mark.parametrize(
        "times", [[], [0.0], [1.0, 0.5, 1.5, 2.0, 2.5, 3.0], [0.0, 1.0, 2.0, 3.0, 4.0, 900.0], [float("nan")] * 6]
    )
    def test_times_that_do_not_fit_the_words_are_refused_and_cost_no_try(self, times):
        consent, challenge = make.challenged()
        with pytest.raises(Invalid, match="prompt_invalid"):
            services.consent_submit(
                account_id=who(consent),
                consent_id=consent.pk,
                challenge_id=challenge.pk,
                data=make.sound(),
                shown_s=times,
            )
        challenge.refresh_from_db()
        assert (challenge.state, challenge.attempts) == ("issued", 0)


@pytest.mark.parametrize("text", ["{}", "[true]", '["1"]', "[1", "null", "[" * 100_000])
def test_what_is_no_list_of_seconds_is_refused(text):
    with pytest.raises(Invalid, match="prompt_invalid"):
        services.shown_times(text)


def test_seconds_are_read_from_a_json_list_and_their_absence_says_nothing():
    assert services.shown_times("[0, 1.5]") == [0.0, 1.5]
    assert services.shown_times("") is None


class TestVerdict:
    """What the gate said, applied."""

    def test_active_from_now_until_its_days_are_over(self, time):
        consent = make.active_consent(days_valid=10)
        assert (consent.state, consent.active_at) == ("active", time.at)
        assert consent.expires_at == time.at + timedelta(days=10)

    def test_a_permit_of_another_consent_does_not_activate_this_one(self):
        consent, job = make.verifying()
        permit = permit_consent(evidence.consent_evidence("con_other"), LIVE, evidence.NOW)
        with pytest.raises(RuntimeError):
            services.consent_activate(consent_id=consent.pk, permit=permit, evidence={}, job=job)
        consent.refresh_from_db()
        assert consent.state == "verifying"

    def test_a_rejection_is_final_and_keeps_code_and_sentence(self):
        consent, job = make.verifying()
        no = Refusal("speech_synthetic", "Speak yourself.", ("speech_synthetic", "speech_too_short"))
        consent = services.consent_reject(consent_id=consent.pk, refusal=no, evidence={"evidence": {}}, job=job)
        assert (consent.state, consent.refusal_code, consent.refusal_detail) == (
            "rejected",
            "speech_synthetic",
            "Speak yourself.",
        )
        assert AnalysisJob.objects.get(pk=job.pk).state == "failed"
        with pytest.raises(Conflict):
            services.challenge_issue(account_id=who(consent), consent_id=consent.pk)

    def test_beginning_again_after_a_crash_changes_nothing(self):
        consent, _ = make.verifying()
        before = Entry.objects.count()
        assert services.consent_verify(consent_id=consent.pk).state == "verifying"
        assert Entry.objects.count() == before


class TestRenewal:
    """A new row; the old one holds until the new one does."""

    def test_the_new_consent_ends_the_old_one_and_nothing_else(self):
        grant = make.active_grant()
        old = Consent.objects.get(voice=grant.voice)
        new = services.consent_renew(account_id=who(old), consent_id=old.pk, days_valid=20)
        assert (new.pk != old.pk, new.state, new.renewal_of_id, new.purposes) == (True, "draft", old.pk, old.purposes)
        old.refresh_from_db()
        assert old.state == "active"
        challenge = services.challenge_issue(account_id=who(new), consent_id=new.pk)
        submit(new, challenge)
        job = AnalysisJob.objects.get(consent=new)
        [job] = make.jobs.claim(AnalysisJob)
        services.consent_verify(consent_id=new.pk)
        facts = evidence.consent_evidence(new.pk, "sandbox", facts=make.asked(new))
        permit = permit_consent(facts, make.policy_for("sandbox"), clock.now())
        services.consent_activate(consent_id=new.pk, permit=permit, evidence={"a": 1}, job=job)
        old.refresh_from_db()
        grant.refresh_from_db()
        grant.voice.refresh_from_db()
        assert (old.state, grant.state, grant.voice.state) == ("expired", "active", "ready")

    def test_a_renewal_that_is_taken_back_harms_nothing(self):
        voice = make.ready_voice()
        old = Consent.objects.get(voice=voice)
        new = services.consent_renew(account_id=who(old), consent_id=old.pk)
        assert services.consent_withdraw(account_id=who(new), consent_id=new.pk).state == "withdrawn"
        voice.refresh_from_db()
        old.refresh_from_db()
        assert (voice.state, old.state) == ("ready", "active")


class TestWithdrawal:
    """At once, everything that stands on it."""

    def test_voice_grants_enrolments_and_jobs_end_in_the_same_transaction(self):
        grant = make.active_grant()
        voice = grant.voice
        asked = make.requested_grant(voice)
        enrolment = make.enrolment(voice)
        take = make.take(enrolment)
        consent = Consent.objects.get(voice=voice, state="active")
        heard: list[hooks.Revocation] = []
        hooks.on_revocation(heard.append)
        try:
            services.consent_withdraw(account_id=who(consent), consent_id=consent.pk, reason="misuse")
        finally:
            hooks._revocation.remove(heard.append)
        for row, state in ((grant, "revoked"), (asked, "revoked"), (voice, "revoked"), (enrolment, "aborted")):
            row.refresh_from_db()
            assert row.state == state, row
        assert AnalysisJob.objects.get(take=take).state == "cancelled"
        assert heard == [hooks.Revocation(voice.pk, None, "consent_withdrawn")]
        assert events(f"voice:{voice.pk}")[-1] == EventType.VOICE_REVOKED
        assert Entry.objects.filter(type=EventType.GRANT_REVOKED).count() == 2

    def test_a_hook_that_cannot_stop_its_work_undoes_the_whole_withdrawal(self):
        voice = make.ready_voice()
        consent = Consent.objects.get(voice=voice)

        def broken(event: hooks.Revocation) -> None:
            raise LookupError

        hooks.on_revocation(broken)
        try:
            with pytest.raises(LookupError):
                services.consent_withdraw(account_id=who(consent), consent_id=consent.pk)
        finally:
            hooks._revocation.remove(broken)
        voice.refresh_from_db()
        assert (voice.state, Consent.objects.get(pk=consent.pk).state) == ("ready", "active")
        assert not Entry.objects.filter(type=EventType.CONSENT_WITHDRAWN).exists()

    def test_one_under_analysis_is_not_activated_afterwards(self):
        consent, job = make.verifying()
        facts = evidence.consent_evidence(consent.pk, "sandbox", facts=make.asked(consent))
        permit = permit_consent(facts, make.policy_for("sandbox"), clock.now())
        services.consent_withdraw(account_id=who(consent), consent_id=consent.pk)
        with pytest.raises((Conflict, make.jobs.LeaseLost)):
            services.consent_activate(consent_id=consent.pk, permit=permit, evidence={"a": 1}, job=job)
        consent.refresh_from_db()
        assert consent.state == "withdrawn"

    def test_twice_is_a_conflict(self):
        consent = make.active_consent()
        services.consent_withdraw(account_id=who(consent), consent_id=consent.pk)
        with pytest.raises(Conflict, match="state_conflict"):
            services.consent_withdraw(account_id=who(consent), consent_id=consent.pk)

    def test_a_reason_in_ones_own_words_does_not_enter_the_log(self):
        consent = make.active_consent()
        services.consent_withdraw(account_id=who(consent), consent_id=consent.pk, reason="because Bob Smith lied")
        bodies = [entry.body for entry in Entry.objects.filter(type=EventType.CONSENT_WITHDRAWN)]
        assert bodies == [{"reason": "other"}]


def test_a_consent_ends_when_its_days_are_over_and_its_voice_waits_for_a_renewal(time):
    voice = make.ready_voice()
    consent = Consent.objects.get(voice=voice)
    time.advance(365 * 86_400 - 1)
    assert services.consents_expire_due() == 0
    time.advance(1)
    assert services.consents_expire_due() == 1
    consent.refresh_from_db()
    voice.refresh_from_db()
    assert (consent.state, voice.state) == ("expired", "ready")


@pytest.mark.parametrize(
    "call",
    [
        lambda a, c: selectors.consent_get(account_id=a, consent_id=c.pk),
        lambda a, c: services.consent_withdraw(account_id=a, consent_id=c.pk),
        lambda a, c: services.consent_renew(account_id=a, consent_id=c.pk),
        lambda a, c: services.consent_receipt(account_id=a, consent_id=c.pk),
        lambda a, c: services.challenge_issue(account_id=a, consent_id=c.pk),
        lambda a, c: services.consent_draft(
            account_id=a, voice_id=c.voice_id, purposes=["narration"], languages=["en"]
        ),
        lambda a, c: services.consent_submit(account_id=a, consent_id=c.pk, challenge_id="x", data=b""),
        lambda a, c: services.review_vote(operator_id=a, consent_id=c.pk, approve=True, reason="x"),
    ],
)
def test_a_strangers_consent_looks_as_if_it_did_not_exist(call):
    consent = make.active_consent()
    stranger = accounts.user().pk
    missing = Consent(pk="con_00000000000000000000000000", voice_id="voi_00000000000000000000000000")
    with pytest.raises(NotFound) as strange:
        call(stranger, consent)
    with pytest.raises(NotFound) as absent:
        call(stranger, missing)
    assert str(strange.value) == str(absent.value)
    assert Voice.objects.get(pk=consent.voice_id).state == "pending"
    assert not Grant.objects.exists()
