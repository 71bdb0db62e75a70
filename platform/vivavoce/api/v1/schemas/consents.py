"""Consents, challenges, reviews."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In, Moment, Out, Words
from voices import selectors
from voices.models import Challenge, Consent

Sentence = Annotated[str, Field(min_length=1, max_length=300)]


class ConsentIn(In):
    """The scope of a new consent."""

    voice_id: Identifier
    purposes: Words
    languages: Words
    days_valid: int = Field(365, ge=1, le=3650)
    text_language: str = Field("en", max_length=8, description="Language of the statement to be spoken.")


class RenewIn(In):
    """A renewal: a new draft of the same scope."""

    days_valid: int | None = Field(None, ge=1, le=3650)


class RefusalOut(Out):
    """Why not, and what to do."""

    code: str
    detail: str


class ConsentOut(Out):
    """A consent. ``evidence`` holds scores and versions, no biometrics."""

    id: str
    voice_id: str
    owner_id: str
    world: str
    simulated: bool
    state: str
    purposes: list[str]
    languages: list[str]
    statement: str | None = Field(
        description="To be read aloud, word for word, before the challenge words. Null once erased."
    )
    statement_digest: str
    text_version: str
    evidence: dict[str, Any] | None
    refusal: RefusalOut | None
    days_valid: int
    created_at: Moment
    submitted_at: Moment | None
    active_at: Moment | None
    expires_at: Moment | None
    ended_at: Moment | None

    @classmethod
    def of(cls, row: Consent) -> ConsentOut:
        """As its owner sees it."""
        erased = row.owner.erased_at is not None
        return cls(statement=None if erased else selectors.consent_statement(consent=row), **_columns(row))

    @classmethod
    def of_reviewer(cls, row: Consent) -> ConsentOut:
        """As an operator sees it: without the name in the statement."""
        return cls(statement=None, **_columns(row))


class ChallengeIn(In):
    """Asks for the words to speak."""

    consent_id: Identifier
    sentences: list[Sentence] | None = Field(
        None, min_length=3, max_length=200, description="Live demonstrations only, where the operator allows it."
    )


class ChallengeOut(Out):
    """Words to speak after the statement, at once and in one recording."""

    id: str
    consent_id: str
    words: list[str]
    state: str
    attempts: int
    issued_at: Moment
    expires_at: Moment

    @classmethod
    def of(cls, row: Challenge) -> ChallengeOut:
        """From its row."""
        return cls(
            id=row.pk,
            consent_id=row.consent_id,
            words=list(row.words),
            state=row.state,
            attempts=row.attempts,
            issued_at=row.issued_at,
            expires_at=row.expires_at,
        )


class ReviewIn(In):
    """One of the two judgements that a borderline consent needs."""

    consent_id: Identifier
    approve: bool
    reason: str = Field(min_length=1, max_length=2000)


def _columns(row: Consent) -> dict[str, Any]:
    refusal = RefusalOut(code=row.refusal_code, detail=row.refusal_detail) if row.refusal_code else None
    return {
        "id": row.pk,
        "voice_id": row.voice_id,
        "owner_id": row.owner_id,
        "world": row.world,
        "simulated": row.simulated,
        "state": row.state,
        "purposes": row.purposes,
        "languages": row.languages,
        "statement_digest": row.statement_digest,
        "text_version": row.text_version,
        "evidence": row.evidence,
        "refusal": refusal,
        "days_valid": row.days_valid,
        "created_at": row.created_at,
        "submitted_at": row.submitted_at,
        "active_at": row.active_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
    }
