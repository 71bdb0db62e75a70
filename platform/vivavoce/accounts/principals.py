"""Who is asking. Every interface turns its credentials into one of these; services and lookups take nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.accounts.errors import Forbidden


@dataclass(frozen=True, slots=True)
class AppPrincipal:
    """An organisation's software, by API key."""

    organisation_id: str
    world: str
    key_id: str
    scopes: frozenset[str]

    @property
    def id(self) -> str:
        """Scopes idempotency keys, limits and jobs: the organisation within its world."""
        return f"{self.organisation_id}/{self.world}"

    @property
    def actor(self) -> str:
        """As named in the audit log."""
        return f"app:{self.organisation_id}"


@dataclass(frozen=True, slots=True)
class PersonPrincipal:
    """A person, by session (``key_id`` None, every scope) or by a key of their own."""

    account_id: str
    world: str
    key_id: str | None
    scopes: frozenset[str]
    is_auditor: bool = False
    is_operator: bool = False

    @property
    def id(self) -> str:
        """Scopes idempotency keys, limits and jobs."""
        return f"{self.account_id}/{self.world}"

    @property
    def actor(self) -> str:
        """As named in the audit log."""
        return f"account:{self.account_id}"


@dataclass(frozen=True, slots=True)
class SystemPrincipal:
    """The operator at the machine itself (command line)."""

    name: str = "cli"

    @property
    def actor(self) -> str:
        """As named in the audit log."""
        return f"operator:{self.name}"


Principal = AppPrincipal | PersonPrincipal
Anyone = Principal | SystemPrincipal


def need_scope(principal: Principal, scope: str) -> None:
    """Stop unless the credentials reach ``scope``.

    Raises:
        Forbidden: ``scope_missing``.
    """
    if scope not in principal.scopes:
        raise Forbidden("scope_missing", f"This needs the scope {scope!r}, which these credentials do not have.")


def need_person(principal: Principal, scope: str) -> PersonPrincipal:
    """The person behind the credentials, for what no app may do.

    Raises:
        Forbidden: ``person_needed``, ``scope_missing``.
    """
    if not isinstance(principal, PersonPrincipal):
        raise Forbidden("person_needed", "This is for a person: sign in, or use a key of your own account.")
    need_scope(principal, scope)
    return principal


def need_app(principal: Principal, scope: str) -> AppPrincipal:
    """The organisation behind the key.

    Raises:
        Forbidden: ``app_key_needed``, ``scope_missing``.
    """
    if not isinstance(principal, AppPrincipal):
        raise Forbidden("app_key_needed", "This is for an app: use an API key of an organisation.")
    need_scope(principal, scope)
    return principal


def need_operator(principal: Principal) -> PersonPrincipal:
    """A person who operates the platform.

    Raises:
        Forbidden: ``person_needed``, ``scope_missing``, ``operator_needed``.
    """
    person = need_person(principal, "operate")
    if not person.is_operator:
        raise Forbidden("operator_needed", "This is for operators of the platform.")
    return person
