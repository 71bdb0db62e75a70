"""Enrolments and their takes."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from synthesis.selectors import training_progress
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In, Moment, Out
from vivavoce.api.v1.schemas.consents import RefusalOut
from voices import selectors
from voices.models import Enrolment, Take


class EnrolmentIn(In):
    """Starts an enrolment of a voice whose consent is active."""

    voice_id: Identifier


class TrainingOut(Out):
    """How far the training is."""

    state: str
    share: float = Field(description="Done, 0 to 1.")
    note: str
    error_code: str


class EnrolmentOut(Out):
    """An enrolment."""

    id: str
    voice_id: str
    consent_id: str
    world: str
    state: str
    problem: str
    progress: float
    training: TrainingOut | None
    created_at: Moment
    ended_at: Moment | None

    @classmethod
    def of(cls, row: Enrolment) -> EnrolmentOut:
        """From its row and its training job."""
        progress = training_progress(enrolment_id=row.pk)
        training = None
        if progress is not None:
            training = TrainingOut(
                state=progress.state, share=progress.share, note=progress.note, error_code=progress.error_code
            )
        return cls(
            id=row.pk,
            voice_id=row.voice_id,
            consent_id=row.consent_id,
            world=row.world,
            state=row.state,
            problem=row.problem,
            progress=row.progress,
            training=training,
            created_at=row.created_at,
            ended_at=row.ended_at,
        )


class TakeOut(Out):
    """One reading and what the checks found."""

    id: str
    enrolment_id: str
    transcript: str | None = Field(description="Null once erased.")
    style: str = Field(description="Manner it was read in, by name; empty is neutral.")
    state: str
    seconds: float
    evidence: dict[str, Any] | None
    refusal: RefusalOut | None
    created_at: Moment

    @classmethod
    def of(cls, row: Take) -> TakeOut:
        """From its row."""
        return cls(
            id=row.pk,
            enrolment_id=row.enrolment_id,
            transcript=None if row.recording.erased_at else selectors.take_transcript(take=row),
            style=row.style,
            state=row.state,
            seconds=row.recording.seconds,
            evidence=row.evidence,
            refusal=RefusalOut(code=row.refusal_code, detail=row.refusal_detail) if row.refusal_code else None,
            created_at=row.created_at,
        )


class PromptsOut(Out):
    """Sentences to read aloud, one recording each."""

    language: str
    prompts: list[str]
