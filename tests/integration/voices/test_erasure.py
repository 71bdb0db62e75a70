"""Erasure and retention: what was personal is gone, what was proven stays proven."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audiokit import clock
from safeguards import vault
from safeguards.audit import merkle, proofs
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from tests.factories import accounts
from tests.factories import voices as make
from voices import hooks, jobs, selectors, services
from voices.errors import Conflict, NotFound
from voices.models import AnalysisJob, Challenge, Consent, Recording, SpeakerTemplate, Take, Voice, VoiceModel
from voices.services.retention import RetentionReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def time():
    with clock.frozen(clock.system()) as frozen:
        yield frozen


def blobs_of(voice: Voice) -> list[str]:
    recordings = Recording.objects.filter(owner=voice.owner).exclude(blob="").values_list("blob", flat=True)
    models = VoiceModel.objects.filter(voice=voice).exclude(blob="").values_list("blob", flat=True)
    return [*recordings, *models]


class TestVoice:
    """One voice of an owner who stays."""

    def test_sound_models_templates_texts_and_evidence_are_gone(self, django_capture_on_commit_callbacks):
        voice = make.ready_voice()
        Take.objects.filter(enrolment__voice=voice).update(style="cheerful")
        blobs = blobs_of(voice)
        assert len(blobs) == 7
        with django_capture_on_commit_callbacks(execute=True):
            erased = services.voice_erase(account_id=make.account_of(voice), voice_id=voice.pk)
        assert (erased.state, erased.label, erased.active_model_id) == ("erased", "", None)
        assert not [blob for blob in blobs if vault.blobs.exists(blob)]
        assert not SpeakerTemplate.objects.filter(voice=voice).exists()
        for recording in Recording.objects.filter(owner=voice.owner):
            assert (recording.blob, recording.digest, recording.embedding_sealed) == ("", "", None)
        consent = Consent.objects.get(voice=voice)
        assert (consent.state, bytes(consent.statement_sealed), consent.evidence) == ("withdrawn", b"", None)
        assert all(bytes(take.transcript_sealed) == b"" and not take.evidence for take in Take.objects.all())
        assert not Take.objects.exclude(style="").exists()
        assert Challenge.objects.get().words == []
        assert selectors.consent_statement(consent=consent) == ""

    def test_another_voice_of_the_same_owner_is_untouched(self):
        voice = make.ready_voice()
        other = make.ready_voice(of=voice.owner)
        before = blobs_of(other)
        services.voice_erase(account_id=make.account_of(voice), voice_id=voice.pk)
        other.refresh_from_db()
        assert other.state == "ready"
        assert selectors.voice_model_bytes(model=other.active_model) == make.MODEL
        assert set(blobs_of(other)) <= set(before)

    def test_a_rollback_keeps_every_blob(self, django_capture_on_commit_callbacks):
        voice = make.ready_voice()
        blobs = blobs_of(voice)

        def broken(event: hooks.Erasure) -> None:
            raise LookupError

        hooks.on_erasure(broken)
        try:
            with django_capture_on_commit_callbacks(execute=True), pytest.raises(LookupError):
                services.voice_erase(account_id=make.account_of(voice), voice_id=voice.pk)
        finally:
            hooks._erasure.remove(broken)
        assert all(vault.blobs.exists(blob) for blob in blobs)
        assert Voice.objects.get(pk=voice.pk).state == "ready"

    def test_erased_is_final(self):
        voice = make.voice()
        account_id = make.account_of(voice)
        services.voice_erase(account_id=account_id, voice_id=voice.pk)
        with pytest.raises(Conflict):
            services.voice_erase(account_id=account_id, voice_id=voice.pk)


class TestOwner:
    """The data key is destroyed."""

    def test_everything_sealed_is_unreadable_and_other_rooms_are_told(self):
        voice = make.ready_voice()
        owner, consent = voice.owner, Consent.objects.get(voice=voice)
        sealed = bytes(consent.statement_sealed)
        heard: list[hooks.Erasure] = []
        hooks.on_erasure(heard.append)
        try:
            services.owner_erase(account_id=owner.account_id, owner_id=owner.pk)
        finally:
            hooks._erasure.remove(heard.append)
        assert heard == [hooks.Erasure(owner.pk, (voice.pk,), (str(owner.data_key_id),))]
        with pytest.raises(vault.KeyDestroyed):
            vault.open(owner.data_key_id, sealed, context="voices.consent.statement")
        owner.refresh_from_db()
        assert bytes(owner.name_sealed) == b""
        assert selectors.owner_name(owner=owner) == ""
        assert Voice.objects.get(pk=voice.pk).state == "erased"

    def test_a_proof_made_before_holds_after_the_erasure(self):
        voice = make.ready_voice()
        entry = Entry.objects.get(type=EventType.CONSENT_ACTIVATED)
        size = Entry.objects.count()
        proof, root = proofs.inclusion_proof(entry.index, size), proofs.root(size)
        services.owner_erase(account_id=make.account_of(voice), owner_id=voice.owner_id)
        later = Entry.objects.count()
        assert later > size
        leaf = bytes(Entry.objects.get(pk=entry.pk).leaf_hash)
        merkle.verify_inclusion(entry.index, size, leaf, proof, root)
        merkle.verify_consistency(size, later, proofs.consistency_proof(size, later), root, proofs.root(later))

    def test_the_account_can_register_anew_and_only_then(self):
        owner = make.owner()
        with pytest.raises(Conflict, match="owner_exists"):
            make.owner(account=owner.account)
        services.owner_erase(account_id=owner.account_id, owner_id=owner.pk)
        with pytest.raises(Conflict, match="owner_erased"):
            services.owner_erase(account_id=owner.account_id, owner_id=owner.pk)
        with pytest.raises(Conflict, match="owner_erased"):
            services.voice_create(account_id=owner.account_id, owner_id=owner.pk, label="x")
        assert make.owner(account=owner.account).pk != owner.pk

    def test_a_stranger_erases_nothing(self):
        voice = make.voice()
        with pytest.raises(NotFound):
            services.owner_erase(account_id=accounts.user().pk, owner_id=voice.owner_id)
        with pytest.raises(NotFound):
            services.voice_erase(account_id=accounts.user().pk, voice_id=voice.pk)


class TestRetention:
    """On a schedule."""

    def test_the_sound_of_a_rejected_consent_goes_after_thirty_days_and_not_before(self, time):
        consent, job = make.verifying()
        no = Refusal("speech_synthetic", "Speak yourself.")
        services.consent_reject(consent_id=consent.pk, refusal=no, evidence={"evidence": {}}, job=job)
        time.advance(30 * 86_400 - 1)
        assert services.retention_run().recordings == 0
        time.advance(1)
        assert services.retention_run().recordings == 1
        assert services.retention_run() == RetentionReport()
        consent.refresh_from_db()
        assert (consent.recording.blob, consent.evidence, consent.refusal_code) == ("", None, "speech_synthetic")

    def test_a_refused_reading_goes_too_and_an_accepted_one_stays(self, time):
        enrolment = make.enrolment()
        good = make.accepted_take(enrolment)
        bad = make.take(enrolment)
        [job] = jobs.claim(AnalysisJob)
        services.take_reject(take_id=bad.pk, refusal=Refusal("x", "y"), evidence=None, job=job)
        time.advance(31 * 86_400)
        services.retention_run()
        good.recording.refresh_from_db()
        bad.recording.refresh_from_db()
        assert (bool(good.recording.blob), bad.recording.blob) == (True, "")

    def test_readings_of_an_enrolment_that_was_given_up_go_as_well(self, time):
        enrolment = make.enrolment()
        take = make.accepted_take(enrolment)
        services.enrolment_abort(account_id=make.account_of(enrolment.voice), enrolment_id=enrolment.pk)
        time.advance(31 * 86_400)
        assert services.retention_run().recordings == 1
        take.recording.refresh_from_db()
        assert take.recording.blob == ""

    def test_a_voice_whose_consent_was_not_renewed_ends_after_the_grace_and_is_emptied_later(self, time):
        voice = make.ready_voice()
        time.advance(365 * 86_400)
        services.consents_expire_due()
        time.advance(30 * 86_400 - 1)
        assert services.retention_run().voices_revoked == 0
        time.advance(1)
        assert services.retention_run().voices_revoked == 1
        voice.refresh_from_db()
        assert voice.state == "revoked"
        time.advance(30 * 86_400)
        assert services.retention_run().voices_emptied == 1
        assert blobs_of(voice) == []
        assert services.retention_run() == RetentionReport()

    def test_a_voice_with_a_renewed_consent_lives_on(self, time):
        voice = make.ready_voice()
        old = Consent.objects.get(voice=voice)
        time.advance(364 * 86_400)
        make.active_consent(voice)
        time.advance(100 * 86_400)
        services.consents_expire_due()
        assert services.retention_run().voices_revoked == 0
        old.refresh_from_db()
        voice.refresh_from_db()
        assert (old.state, voice.state) == ("expired", "ready")

    def test_the_words_of_old_challenges_go_and_their_nonces_stay(self, time):
        consent = make.submitted()
        challenge = Challenge.objects.get(consent=consent)
        time.advance(8 * 86_400)
        assert services.retention_run().challenges == 1
        after = Challenge.objects.get(pk=challenge.pk)
        assert (after.words, after.nonce) == ([], challenge.nonce)

    def test_the_moment_can_be_given(self):
        consent, job = make.verifying()
        services.consent_reject(consent_id=consent.pk, refusal=Refusal("x", "y"), evidence=None, job=job)
        assert services.retention_run(moment=clock.now() + timedelta(days=31)).recordings == 1
