"""What every page of an organisation begins with: which one, who looks, and what that person may do in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from vivavoce.accounts import scopes, selectors
from vivavoce.accounts.models import Organisation
from vivavoce.accounts.principals import AppPrincipal, PersonPrincipal
from vivavoce.web.session import person

CONSOLE_KEY = "console"  # stands where a key's id would, in rows that the console made


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation, the person who looks at it, and whether they manage it."""

    organisation: Organisation
    person: PersonPrincipal
    manages: bool

    @property
    def world(self) -> str:
        """Live or sandbox, as switched in the console."""
        return self.person.world

    @property
    def app(self) -> AppPrincipal:
        """The organisation's software, as whose manager the person acts."""
        return AppPrincipal(self.organisation.pk, self.world, CONSOLE_KEY, frozenset(scopes.APP))

    def context(self, tab: str, **more: object) -> dict[str, object]:
        """What the pages' common head needs."""
        return {"organisation": self.organisation, "manages": self.manages, "tab": tab, **more}


def place(request: HttpRequest, organisation_id: str) -> Place:
    """For members.

    Raises:
        NotFound: no such organisation, or not a member.
    """
    who = person(request)
    organisation = selectors.organisation_get(person=who, organisation_id=organisation_id)
    return Place(organisation, who, selectors.is_manager(person=who, organisation=organisation))


def managed(request: HttpRequest, organisation_id: str) -> Place:
    """For managers.

    Raises:
        NotFound: no such organisation, or not its manager.
    """
    who = person(request)
    return Place(selectors.organisation_to_manage(by=who, organisation_id=organisation_id), who, manages=True)
