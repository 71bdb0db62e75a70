"""One row or ``NotFound``."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from voices.errors import NotFound

M = TypeVar("M", bound=Model)


def one(rows: QuerySet[M], pk: str) -> M:
    """The row of ``rows`` with this id.

    Raises:
        NotFound: there is none, for whatever reason.
    """
    # PostgreSQL refuses a NUL in any text; an id never holds one.
    found = None if "\x00" in pk else rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
