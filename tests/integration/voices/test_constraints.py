"""What the database itself refuses, whoever writes: each constraint is violated by a bare UPDATE or INSERT."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audiokit.clock import now
from tests.factories import accounts
from tests.factories import voices as make
from voices import services
from voices.models import (
    AnalysisJob,
    Challenge,
    Consent,
    Enrolment,
    Grant,
    Owner,
    Recording,
    Review,
    Take,
    Voice,
    VoiceModel,
)

pytestmark = pytest.mark.django_db


def refused(write) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _now(write)


def _now(write) -> None:
    """Constraints that wait for the commit are checked as well."""
    write()
    connection.check_constraints()


@pytest.mark.parametrize(
    ("row", "model"),
    [
        (make.voice, Voice),
        (make.draft, Consent),
        (lambda: make.challenged()[1], Challenge),
        (make.enrolment, Enrolment),
        (lambda: make.take(make.enrolment()), Take),
        (lambda: AnalysisJob.objects.get(consent=make.submitted()), AnalysisJob),
        (make.requested_grant, Grant),
    ],
)
def test_a_state_outside_the_table_is_refused(row, model):
    made = row()
    refused(lambda: model.objects.filter(pk=made.pk).update(state="by_magic"))


def test_simulated_consent_is_never_live_and_live_consent_never_simulated():
    consent = make.draft()
    rows = Consent.objects.filter(pk=consent.pk)
    refused(lambda: rows.update(world="live"))
    refused(lambda: rows.update(simulated=False))


@pytest.mark.parametrize("lacking", ["evidence", "active_at", "expires_at", "recording"])
def test_an_active_consent_has_evidence_times_and_a_recording(lacking):
    consent = make.active_consent()
    refused(lambda: Consent.objects.filter(pk=consent.pk).update(**{lacking: None}))


def test_a_voice_has_one_active_consent():
    consent = make.active_consent()
    second = make.submitted(consent.voice)
    refused(
        lambda: Consent.objects.filter(pk=second.pk).update(
            state="active", evidence={"a": 1}, active_at=now(), expires_at=now()
        )
    )


def test_a_draft_cannot_be_made_active_by_its_state_alone():
    consent = make.draft()
    refused(lambda: Consent.objects.filter(pk=consent.pk).update(state="active"))


def test_a_challenge_ends_after_it_begins_has_three_tries_and_is_the_only_open_one():
    consent, challenge = make.challenged()
    rows = Challenge.objects.filter(pk=challenge.pk)
    refused(lambda: rows.update(expires_at=challenge.issued_at))
    refused(lambda: rows.update(attempts=4))
    copy = {
        "account": challenge.account,
        "consent": consent,
        "scope_digest": "x",
        "words": [],
        "issued_at": now(),
        "expires_at": now() + timedelta(seconds=1),
    }
    refused(lambda: Challenge.objects.create(nonce="another", **copy))
    rows.update(state="consumed")
    refused(lambda: Challenge.objects.create(nonce=challenge.nonce, **copy))


def test_nobody_reviews_twice():
    consent, person = make.draft(), accounts.user(operator=True)
    vote = {"consent": consent, "reviewer": person, "approve": True, "reason": "x", "created_at": now()}
    Review.objects.create(**vote)
    refused(lambda: Review.objects.create(**vote))


def test_an_account_has_one_living_profile_per_world():
    owner = make.owner()
    from safeguards import vault

    refused(
        lambda: Owner.objects.create(
            account=owner.account, world=owner.world, name_sealed=b"", data_key=vault.keys.create(), created_at=now()
        )
    )


def test_a_voice_in_use_has_a_model():
    voice = make.voice()
    refused(lambda: Voice.objects.filter(pk=voice.pk).update(state="ready"))
    refused(lambda: Voice.objects.filter(pk=voice.pk).update(state="suspended"))


def test_a_revoked_voice_has_the_time_of_it():
    voice = make.voice()
    refused(lambda: Voice.objects.filter(pk=voice.pk).update(state="revoked"))


def test_an_actor_is_never_live_never_owned_and_has_its_own_key_and_seed():
    actor, owner = services.actor_ensure(), make.owner()
    rows = Voice.objects.filter(pk=actor.pk)
    for change in ({"world": "live"}, {"owner": owner}, {"data_key": None}, {"actor_seed": None}, {"is_actor": False}):
        refused(lambda change=change: rows.update(**change))


def test_a_persons_voice_is_not_an_actor():
    voice = make.voice()
    refused(lambda: Voice.objects.filter(pk=voice.pk).update(is_actor=True))
    refused(lambda: Voice.objects.filter(pk=voice.pk).update(owner=None))


def test_an_erased_recording_has_no_blob():
    recording = make.submitted().recording
    refused(lambda: Recording.objects.filter(pk=recording.pk).update(erased_at=now()))


def test_a_voice_has_one_open_enrolment():
    enrolment = make.enrolment()
    refused(
        lambda: Enrolment.objects.create(
            voice=enrolment.voice, consent=enrolment.consent, world=enrolment.world, created_at=now()
        )
    )


def test_an_accepted_reading_has_evidence():
    take = make.take(make.enrolment())
    refused(lambda: Take.objects.filter(pk=take.pk).update(state="accepted"))


def test_an_analysis_has_its_subject():
    refused(lambda: AnalysisJob.objects.create(kind="take", created_at=now()))


def test_a_version_of_a_model_is_there_once():
    model = make.trained()
    other = make.trained(model.voice)
    refused(lambda: VoiceModel.objects.filter(pk=other.pk).update(version=model.version))


def test_a_grant_is_not_active_without_an_approval_not_overdrawn_and_not_backwards():
    grant = make.requested_grant()
    rows = Grant.objects.filter(pk=grant.pk)
    refused(lambda: rows.update(state="active"))
    refused(lambda: rows.update(used_characters=grant.quota_characters + 1))
    refused(lambda: rows.update(expires_at=grant.not_before))


def test_rows_that_the_log_names_cannot_be_deleted_while_others_hang_on_them():
    from django.db.models import ProtectedError

    grant = make.active_grant()
    for row in (grant.voice, grant.voice.owner, grant.voice.owner.account, grant.organisation):
        with pytest.raises(ProtectedError):
            row.delete()
