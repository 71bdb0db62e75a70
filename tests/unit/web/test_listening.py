"""An owner hears a voice of their own, through the gate like everybody."""

from __future__ import annotations

import pytest

from safeguards.errors import Refusal
from tests.fakes.world import World, make_world
from vivavoce import listening
from vivavoce.accounts import scopes, selectors, services
from vivavoce.accounts.principals import PersonPrincipal
from voices.errors import NotFound
from voices.models import Consent, Grant
from voices.services import consent_withdraw, voice_suspend

pytestmark = pytest.mark.django_db
WORDS = "Good morning. This is my own voice."


def owner_of(world: World) -> PersonPrincipal:
    account = world.owner.account_id
    return PersonPrincipal(account, world.voice.world, None, frozenset(scopes.PERSON))


def test_an_owner_hears_their_voice_by_a_grant_of_their_own() -> None:
    world = make_world()
    person = owner_of(world)
    asked = listening.listen(person=person, voice_id=world.voice.pk, text=WORDS)
    assert asked.grant is not None
    assert asked.grant.approved_by_id == person.account_id
    assert asked.organisation.personal_of_id == person.account_id
    assert listening.heard(person=person, voice_id=world.voice.pk, request_id=asked.pk).pk == asked.pk
    again = listening.listen(person=person, voice_id=world.voice.pk, text=WORDS)
    assert again.grant_id == asked.grant_id
    assert not selectors.organisations_of(person=person).exists()


def test_a_used_up_grant_is_followed_by_another() -> None:
    world = make_world()
    person = owner_of(world)
    first = listening.listen(person=person, voice_id=world.voice.pk, text=WORDS)
    Grant.objects.filter(pk=first.grant_id).update(used_characters=listening.QUOTA)
    assert listening.listen(person=person, voice_id=world.voice.pk, text=WORDS).grant_id != first.grant_id


def test_nobody_hears_anothers_voice() -> None:
    world = make_world()
    other = owner_of(make_world(email="other@example.org"))
    asked = listening.listen(person=owner_of(world), voice_id=world.voice.pk, text=WORDS)
    with pytest.raises(NotFound):
        listening.listen(person=other, voice_id=world.voice.pk, text=WORDS)
    with pytest.raises(NotFound):
        listening.heard(person=other, voice_id=world.voice.pk, request_id=asked.pk)


def test_without_a_standing_consent_the_owner_is_refused_as_well() -> None:
    world = make_world()
    person = owner_of(world)
    consent_withdraw(account_id=person.account_id, consent_id=Consent.objects.get(voice=world.voice).pk)
    with pytest.raises(Refusal) as refused:
        listening.listen(person=person, voice_id=world.voice.pk, text=WORDS)
    assert refused.value.code == "consent_missing"


def test_a_paused_voice_is_silent_for_its_owner_too() -> None:
    world = make_world()
    person = owner_of(world)
    voice_suspend(account_id=person.account_id, voice_id=world.voice.pk)
    with pytest.raises(Refusal) as refused:
        listening.listen(person=person, voice_id=world.voice.pk, text=WORDS)
    assert "voice_suspended" in refused.value.codes


def test_the_personal_organisation_is_made_once() -> None:
    person = owner_of(make_world())
    assert services.organisation_personal(person=person).pk == services.organisation_personal(person=person).pk
