"""Misuse 13: somebody approves a grant that is not theirs to approve."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audiokit.clock import now
from tests.factories import accounts
from tests.factories import voices as people
from tests.functional.driver import Api, app_key, code, person_key
from voices.models import Grant

pytestmark = pytest.mark.django_db


def test_an_owner_cannot_approve_a_grant_on_anothers_voice() -> None:
    grant = people.requested_grant()
    other = Api(person_key(people.ready_voice().owner.account))
    assert other.post(f"/grants/{grant.pk}/approve").status_code == 404
    assert Grant.objects.get(pk=grant.pk).state == "requested"


def test_an_app_cannot_approve_its_own_grant() -> None:
    grant = people.requested_grant()
    app = Api(app_key(grant.organisation))
    refused = app.post(f"/grants/{grant.pk}/approve")
    assert refused.status_code == 403
    assert code(refused) == "person_needed"
    assert Grant.objects.get(pk=grant.pk).state == "requested"


def test_a_manager_of_the_asking_app_cannot_approve_it_as_a_person_either() -> None:
    grant = people.requested_grant()
    manager = accounts.member(grant.organisation).user
    assert Api(person_key(manager)).post(f"/grants/{grant.pk}/approve").status_code == 404


def test_a_persons_key_without_the_scope_owner_approves_nothing() -> None:
    grant = people.requested_grant()
    key = person_key(grant.voice.owner.account, only=["verify"])
    assert code(Api(key).post(f"/grants/{grant.pk}/approve")) == "scope_missing"


def test_an_app_cannot_ask_in_a_strangers_name_or_set_its_own_state() -> None:
    voice = people.ready_voice()
    app = Api(app_key(accounts.organisation()))
    body = {
        "voice_id": voice.pk,
        "purposes": ["narration"],
        "languages": ["en"],
        "formats": ["wav"],
        "quota_characters": 10,
        "expires_at": (now() + timedelta(days=1)).isoformat(),
    }
    for forged in ({"state": "active"}, {"organisation_id": accounts.organisation().pk}, {"approved_by": "x"}):
        assert code(app.post("/grants", {**body, **forged})) == "validation_error"
    assert not Grant.objects.exists()


def test_an_approved_grant_is_not_approved_again_after_it_was_revoked() -> None:
    grant = people.active_grant()
    owner = Api(person_key(grant.voice.owner.account))
    owner.made(f"/grants/{grant.pk}/revoke", {})
    assert owner.post(f"/grants/{grant.pk}/approve").status_code == 409
    assert Grant.objects.get(pk=grant.pk).state == "revoked"
