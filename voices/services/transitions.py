"""The one way a state changes: a conditional UPDATE from the states that the table of ``voices.states`` allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from voices.errors import Conflict

M = TypeVar("M", bound=Model)
Table = Mapping[str, frozenset[str]]


def sources(table: Table, to: str) -> list[str]:
    """The states from which ``to`` can be reached."""
    return [str(state) for state, targets in table.items() if to in targets]


def move_any(rows: QuerySet[M], table: Table, to: str, **changes: Any) -> int:
    """Move those of ``rows`` whose state allows it; returns how many."""
    return rows.filter(state__in=sources(table, to)).update(state=to, **changes)


def move(rows: QuerySet[M], table: Table, to: str, **changes: Any) -> None:
    """Move exactly the one row of ``rows``.

    Raises:
        Conflict: ``state_conflict``: somebody else was first, or it never could.
    """
    if move_any(rows, table, to, **changes) != 1:
        noun = rows.model._meta.verbose_name
        raise Conflict(
            "state_conflict", f"The {noun} cannot become {to} now. Look at its current state and start from there."
        )
