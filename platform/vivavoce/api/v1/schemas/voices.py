"""Owners and voices."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In, Moment, Out
from voices import selectors
from voices.models import Owner, Voice, VoiceModel


class OwnerIn(In):
    """Somebody whose voice it is."""

    name: str = Field(min_length=1, max_length=120, description="As spoken in the consent statement.")
    language: str = Field("en", max_length=8)


class OwnerOut(Out):
    """An owner profile of this account."""

    id: str
    world: str
    name: str | None = Field(description="Null once erased.")
    language: str
    created_at: Moment
    erased_at: Moment | None

    @classmethod
    def of(cls, row: Owner) -> OwnerOut:
        """From its row."""
        return cls(
            id=row.pk,
            world=row.world,
            name=None if row.erased_at else selectors.owner_name(owner=row),
            language=row.language,
            created_at=row.created_at,
            erased_at=row.erased_at,
        )


class VoiceIn(In):
    """A new voice."""

    owner_id: Identifier
    label: str = Field(min_length=1, max_length=80)
    language: str = Field("en", max_length=8)
    engine: str | None = Field(None, max_length=32)


class RollBackIn(In):
    """Which version of the voice's model to make active."""

    version: int = Field(ge=1, le=1_000_000)


class VoiceOut(Out):
    """A voice. What only its owner may know is null for an app."""

    id: str
    world: str
    label: str
    language: str
    state: str
    is_actor: bool = Field(description="The sandbox's stock voice: nobody's, free to use with test keys.")
    owner_id: str | None
    engine: str | None
    active_model: str | None
    created_at: Moment
    revoked_at: Moment | None
    erased_at: Moment | None

    @classmethod
    def of_owner(cls, row: Voice) -> VoiceOut:
        """As its owner sees it."""
        return cls(owner_id=row.owner_id, engine=row.engine, active_model=row.active_model_id, **_common(row))

    @classmethod
    def of_app(cls, row: Voice) -> VoiceOut:
        """As an app with a grant sees it."""
        return cls(owner_id=None, engine=None, active_model=None, **_common(row))


class VoiceModelOut(Out):
    """One trained version."""

    id: str
    version: int
    engine: str
    engine_version: str
    digest: str
    measures: dict[str, float]
    created_at: Moment

    @classmethod
    def of(cls, row: VoiceModel) -> VoiceModelOut:
        """From its row."""
        return cls(
            id=row.pk,
            version=row.version,
            engine=row.engine,
            engine_version=row.engine_version,
            digest=row.digest,
            measures=row.measures,
            created_at=row.created_at,
        )


def _common(row: Voice) -> dict[str, Any]:
    return {
        "id": row.pk,
        "world": row.world,
        "label": row.label,
        "language": row.language,
        "state": row.state,
        "is_actor": row.is_actor,
        "created_at": row.created_at,
        "revoked_at": row.revoked_at,
        "erased_at": row.erased_at,
    }
