"""Organisations, members, keys."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from vivavoce.accounts.models import ApiKey, Membership, Organisation
from vivavoce.accounts.services import IssuedKey
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In, Moment, Out, Word, Words


class OrganisationIn(In):
    """A new organisation."""

    name: str = Field(min_length=1, max_length=120)


class OrganisationOut(Out):
    """An organisation."""

    id: str
    name: str
    created_at: Moment

    @classmethod
    def of(cls, row: Organisation) -> OrganisationOut:
        """From its row."""
        return cls(id=row.pk, name=row.name, created_at=row.created_at)


class MemberIn(In):
    """Somebody who may act for an organisation."""

    email: str = Field(min_length=3, max_length=254)
    role: Literal["manager", "developer"]


class MemberOut(Out):
    """A membership."""

    account_id: str
    email: str
    role: str

    @classmethod
    def of(cls, row: Membership) -> MemberOut:
        """From its row."""
        return cls(account_id=row.user_id, email=row.user.email, role=row.role)


class KeyIn(In):
    """A new API key; for the caller's own account, or its own organisation, when ``organisation_id`` is left out."""

    name: str = Field(min_length=1, max_length=80)
    scopes: Words
    world: Literal["live", "sandbox"]
    organisation_id: Identifier | None = None
    ip_list: list[Word] = Field(
        default_factory=list, max_length=50, description="CIDR blocks; empty means any address."
    )
    expires_at: Moment | None = None


class RotateIn(In):
    """Rotation of a key."""

    overlap_seconds: int = Field(86_400, ge=0, le=30 * 86_400, description="How long the old key keeps working.")


class KeyOut(Out):
    """An API key without its secret."""

    id: str
    name: str
    world: str
    organisation_id: str | None
    account_id: str | None
    scopes: list[str]
    ip_list: list[str]
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None
    successor_id: str | None

    @classmethod
    def of(cls, row: ApiKey) -> KeyOut:
        """From its row."""
        return cls(**_columns(row))


class IssuedKeyOut(KeyOut):
    """A new API key. ``key`` is shown now and never again."""

    key: str

    @classmethod
    def issued(cls, issued: IssuedKey) -> IssuedKeyOut:
        """From what the service returns."""
        return cls(key=issued.token, **_columns(issued.key))


def _columns(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "world": row.world,
        "organisation_id": row.organisation_id,
        "account_id": row.user_id,
        "scopes": row.scopes,
        "ip_list": row.ip_list,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "last_used_at": row.last_used_at,
        "successor_id": row.successor_id,
    }
