"""Bases and columns that several documents share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from ninja import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from vivavoce.api.identifiers import Identifier

Out_ = TypeVar("Out_", bound="Out")
Row = TypeVar("Row", bound=Model)

MAX_PAGE = 200
Moment = AwareDatetime
Word = Annotated[str, Field(min_length=1, max_length=40)]
Words = Annotated[list[Word], Field(min_length=1, max_length=20)]
Limit = Annotated[int, Query(50, ge=1, le=MAX_PAGE, description="How many at most.")]
Before = Annotated[
    Identifier | None, Query(None, description="Only those older than this id (next_before of the last page).")
]


class In(BaseModel):
    """Base of what a client sends."""

    model_config = ConfigDict(extra="forbid", strict=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def no_nul(cls, values: Any) -> Any:
        """PostgreSQL stores no NUL in text, and nobody means one."""
        if isinstance(values, dict) and any(_has_nul(value) for value in values.values()):
            raise ValueError("NUL")
        return values


class Out(BaseModel):
    """Base of what a client reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Out, Generic[Out_]):
    """A piece of a list, newest first."""

    items: list[Out_]
    next_before: str | None = Field(description="Send as 'before' for the next page; null at the end.")


class ReasonIn(In):
    """Why; shown to nobody but recorded as given or not."""

    reason: str = Field("", max_length=500)


def page(rows: QuerySet[Row], before: str | None, limit: int, of: Callable[[Row], Out_]) -> Page[Out_]:
    """One page of rows whose ids sort by time."""
    wanted = rows if before is None else rows.filter(pk__lt=before)
    return listing(list(wanted.order_by("-pk")[: limit + 1]), limit, of)


def listing(rows: Sequence[Row], limit: int, of: Callable[[Row], Out_]) -> Page[Out_]:
    """A page from up to ``limit + 1`` rows, newest first."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(items=[of(row) for row in shown], next_before=str(shown[-1].pk) if more else None)


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    return isinstance(value, list) and any(_has_nul(item) for item in value)
