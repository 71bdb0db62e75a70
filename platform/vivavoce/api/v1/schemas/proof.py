"""Verification, detection, and the log."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from safeguards.audit.models import Entry
from synthesis.selectors import VerifyView
from vivavoce.api.v1.schemas.base import Moment, Out


class AnalysisOut(Out):
    """An analysis of an uploaded clip. ``result`` holds what the asker may know; a report in it is signed."""

    id: str
    kind: str
    state: str
    error_code: str | None
    result: dict[str, Any] | None

    @classmethod
    def of(cls, view: VerifyView) -> AnalysisOut:
        """From the selector's view."""
        return cls(id=view.id, kind=view.kind, state=view.state, error_code=view.error_code or None, result=view.result)


class InclusionOut(Out):
    """RFC 6962 §2.1.1 audit path."""

    index: int
    size: int
    leaf_hash: str
    root: str
    proof: list[str] = Field(description="Sibling hashes from the leaf up, hexadecimal.")


class ConsistencyOut(Out):
    """RFC 6962 §2.1.2 consistency proof."""

    old: int
    new: int
    old_root: str
    new_root: str
    proof: list[str]


class EntryOut(Out):
    """One record. ``leaf`` is the exact text that is hashed."""

    index: int
    type: int
    at: Moment
    actor: str
    subject: str
    world: str
    leaf: str
    leaf_hash: str

    @classmethod
    def of(cls, row: Entry) -> EntryOut:
        """From its row."""
        return cls(
            index=row.index,
            type=row.type,
            at=row.at,
            actor=row.actor,
            subject=row.subject,
            world=row.world,
            leaf=bytes(row.leaf).decode(),
            leaf_hash=bytes(row.leaf_hash).hex(),
        )


class EntriesOut(Out):
    """A stretch of the log, oldest first."""

    size: int
    entries: list[EntryOut]
