"""Organisations and memberships."""

from __future__ import annotations

import pytest

from tests.factories import accounts
from vivavoce.accounts import authenticate, selectors, services
from vivavoce.accounts.errors import Conflict, Invalid, NotFound
from vivavoce.accounts.models import User
from vivavoce.accounts.principals import PersonPrincipal, SystemPrincipal

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> PersonPrincipal:
    """By session."""
    return authenticate.by_session(user, world="live")


def test_the_founder_manages_and_invites() -> None:
    founder, guest = accounts.user(), accounts.user()
    organisation = services.organisation_create(by=signed_in(founder), name="Readers Ltd")
    services.member_add(by=signed_in(founder), organisation_id=organisation.pk, email=guest.email, role="developer")
    assert list(selectors.organisations_of(person=signed_in(guest))) == [organisation]
    with pytest.raises(NotFound):
        services.member_add(by=signed_in(guest), organisation_id=organisation.pk, email="x@example.org", role="manager")


def test_one_manager_stays() -> None:
    founder = accounts.user()
    organisation = services.organisation_create(by=signed_in(founder), name="Readers Ltd")
    with pytest.raises(Conflict) as refused:
        services.member_remove(by=signed_in(founder), organisation_id=organisation.pk, account_id=founder.pk)
    assert refused.value.code == "last_manager"


def test_a_member_is_added_once_and_removed_quietly() -> None:
    founder, guest = accounts.user(), accounts.user()
    by = signed_in(founder)
    organisation = services.organisation_create(by=by, name="Readers Ltd")
    services.member_add(by=by, organisation_id=organisation.pk, email=guest.email, role="manager")
    with pytest.raises(Conflict):
        services.member_add(by=by, organisation_id=organisation.pk, email=guest.email, role="manager")
    for _ in range(2):
        services.member_remove(by=by, organisation_id=organisation.pk, account_id=guest.pk)
    assert not selectors.organisations_of(person=signed_in(guest)).exists()


def test_an_unknown_address_is_said_to_be_unknown() -> None:
    by = signed_in(accounts.user())
    organisation = services.organisation_create(by=by, name="Readers Ltd")
    with pytest.raises(Invalid) as refused:
        services.member_add(by=by, organisation_id=organisation.pk, email="nobody@example.org", role="manager")
    assert refused.value.code == "account_unknown"


def test_roles_are_given_at_the_machine_only_and_once_per_address() -> None:
    by = SystemPrincipal("test")
    user = services.user_create(by=by, email="Auditor@Example.org", auditor=True)
    assert user.is_auditor
    assert user.email == "auditor@example.org"
    assert not user.has_usable_password()
    with pytest.raises(Conflict):
        services.user_create(by=by, email="auditor@example.org")
    with pytest.raises(Invalid):
        services.user_create(by=by, email="not an address")
