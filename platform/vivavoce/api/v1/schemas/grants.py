"""Grants."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vivavoce.accounts.selectors import organisation_name
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In, Moment, Out, Words
from voices.models import Grant


class GrantIn(In):
    """What an app asks the owner of a voice for."""

    voice_id: Identifier
    purposes: Words
    languages: Words
    formats: Words
    quota_characters: int = Field(ge=1, le=1_000_000_000)
    expires_at: Moment
    not_before: Moment | None = None
    disclosure: Literal["none", "tone", "spoken"] = Field("none", description="Audible notice before each clip.")
    message: str = Field("", max_length=500, description="Your words to the owner.")


class GrantRenewIn(In):
    """A new request of the same scope."""

    quota_characters: int = Field(ge=1, le=1_000_000_000)
    expires_at: Moment


class GrantOut(Out):
    """What an app may do with a voice."""

    id: str
    voice_id: str
    organisation_id: str
    organisation_name: str
    world: str
    state: str
    purposes: list[str]
    languages: list[str]
    formats: list[str]
    disclosure: str
    quota_characters: int
    used_characters: int
    message: str
    not_before: Moment
    expires_at: Moment
    created_at: Moment
    approved_at: Moment | None
    ended_at: Moment | None

    @classmethod
    def of(cls, row: Grant) -> GrantOut:
        """From its row."""
        return cls(
            id=row.pk,
            voice_id=row.voice_id,
            organisation_id=row.organisation_id,
            organisation_name=organisation_name(row.organisation_id),
            world=row.world,
            state=row.state,
            purposes=row.purposes,
            languages=row.languages,
            formats=row.formats,
            disclosure=row.disclosure,
            quota_characters=row.quota_characters,
            used_characters=row.used_characters,
            message=row.message,
            not_before=row.not_before,
            expires_at=row.expires_at,
            created_at=row.created_at,
            approved_at=row.approved_at,
            ended_at=row.ended_at,
        )
