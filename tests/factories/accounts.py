"""Accounts: people, organisations, memberships. Valid by default; every call makes a new one."""

from __future__ import annotations

from itertools import count

from vivavoce.accounts.models import Membership, Organisation, User

_numbers = count(1)


def user(*, email: str | None = None, auditor: bool = False, operator: bool = False) -> User:
    """A person without a password."""
    return User.objects.create_user(
        email or f"person{next(_numbers)}@example.org", is_auditor=auditor, is_operator=operator
    )


def organisation(name: str = "") -> Organisation:
    """An app's owner."""
    return Organisation.objects.create(name=name or f"Organisation {next(_numbers)}")


def member(organisation: Organisation, *, role: str = "manager", person: User | None = None) -> Membership:
    """A person who acts for an organisation."""
    return Membership.objects.create(user=person or user(), organisation=organisation, role=role)
