"""One transaction, its audit entries last.

The log takes one lock for all writers from its first entry to the commit, so entries are collected while rows change and
written when all else is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from safeguards.audit import log
from safeguards.audit.events import EventType


@dataclass(slots=True)
class Journal:
    """Entries of the running transaction, in order."""

    actor: str
    world: str
    _entries: list[tuple[EventType, str, dict[str, object]]] = field(default_factory=list)

    def add(self, event: EventType, subject: str, **body: object) -> None:
        """Note an entry: ``subject`` is ``kind:id``; ids, codes, counts and commitments only in the body."""
        self._entries.append((event, subject, body))

    def write(self) -> None:
        """Append all to the log."""
        for event, subject, body in self._entries:
            log.append(event, actor=self.actor, subject=subject, world=self.world, body=_plain(body))
        self._entries.clear()


@contextmanager
def recorded(*, actor: str, world: str) -> Iterator[Journal]:
    """Open the transaction of one service; its entries are appended at the end of the block, and roll back with it."""
    with transaction.atomic():
        journal = Journal(actor, world)
        yield journal
        journal.write()


def account(account_id: str) -> str:
    """An acting person."""
    return f"account:{account_id}"


def organisation(organisation_id: str) -> str:
    """An acting app."""
    return f"organisation:{organisation_id}"


WORKER = "worker:analysis"
SYSTEM = "system"


def _plain(body: Mapping[str, object]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None and value != ""}
