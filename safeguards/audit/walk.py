"""First step of verifying a whole log: go through the entries until one does not fit (the plan stands in ``whole``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from . import merkle
from .leaf import PREV_OF_FIRST
from .rows import RESTORE, Row, read_row
from .trust import Rotation
from .verdict import Fault, Problem


@dataclass(frozen=True, slots=True)
class Doubt:
    """The rows at ``place - 1`` and ``place`` contradict each other; other evidence must say which is at fault.

    ``vouched``: whether the row after them continues the second one; None when there is no such row.
    """

    place: int
    fault: Fault
    vouched: bool | None


@dataclass(slots=True)
class Walk:
    """Where the walk ended and what it saw."""

    roots: dict[int, merkle.Hash]
    size: int = 0
    rotations: list[Rotation] = field(default_factory=list)
    problem: Problem | None = None
    doubt: Doubt | None = None


def walk_entries(rows: Iterator[Mapping[str, Any]], sizes: set[int]) -> Walk:
    """Go through the entries until one does not fit.

    Args:
        rows: elements of the bundle, in order.
        sizes: tree sizes whose roots will be asked for.
    """
    frontier = merkle.Frontier()
    walk = Walk({0: merkle.EMPTY_ROOT})
    before: Row | None = None
    for entry in rows:
        row = read_row(entry)
        walk.size = frontier.size
        walk.problem = _broken(row, frontier.size)
        if walk.problem is not None:
            return walk
        if not _in_place(walk, row, before, rows):
            return walk
        frontier.append(row.hashed)
        walk.size = frontier.size
        if frontier.size in sizes:
            walk.roots[frontier.size] = frontier.root()
        rotation = Rotation.from_record(row.record) if row.record else None
        if rotation is not None:
            walk.rotations.append(rotation)
        before = row
    return walk


def _broken(row: Row, place: int) -> Problem | None:
    """Faults that one row shows by itself."""
    if row.hashed != row.stored:
        return Problem(Fault.EDITED, f"Entry {place} was edited: it does not hash to its stored hash.", RESTORE, place)
    if row.record is None:
        message = f"Entry {place} was edited: it is not the canonical form of a record."
        return Problem(Fault.EDITED, message, RESTORE, place)
    return None


def _in_place(walk: Walk, row: Row, before: Row | None, rows: Iterator[Mapping[str, Any]]) -> bool:
    """Whether a row stands at its index and continues the row before it; if not, the walk says why."""
    place = walk.size
    if row.record is None:
        raise RuntimeError("a row without a record reached the check of its place")
    index = row.record.index
    if index == place and row.record.prev == (PREV_OF_FIRST if before is None else before.hashed.hex()):
        return True
    follower = next((read_row(later) for later in islice(rows, 1)), None)
    vouched = None if follower is None else follower.record is not None and follower.record.prev == row.hashed.hex()
    if index == place:
        walk.doubt = Doubt(place, Fault.EDITED, vouched)
    elif index == place - 1:
        walk.doubt = Doubt(place, Fault.INSERTED, vouched)
    else:
        walk.problem = _misplaced(index, place, follower)
    return False


def _misplaced(index: int, place: int, follower: Row | None) -> Problem:
    if index < place:
        message = f"A row was inserted at entry {place}: a second entry {index} stands there."
        return Problem(Fault.INSERTED, message, RESTORE, place)
    if index == place + 1 and follower is not None and follower.record is not None and follower.record.index == place:
        return Problem(Fault.SWAPPED, f"Entries {place} and {place + 1} were swapped.", RESTORE, place, place + 1)
    span = f"Entry {place} was" if index == place + 1 else f"Entries {place} to {index - 1} were"
    return Problem(Fault.DELETED, f"{span} deleted: entry {index} stands in that place.", RESTORE, place, index - 1)


def settle(walk: Walk, good: int) -> Problem | None:
    """Two neighbours contradict each other. Which of them was touched?

    A checkpoint that covers the first clears it. Otherwise a next row that continues the second clears that one:
    whoever changed the second would have had to change the next as well.
    """
    if walk.doubt is None:
        return None
    place, fault = walk.doubt.place, walk.doubt.fault
    what = "edited and its hash with it" if fault is Fault.EDITED else "inserted: one index stands there twice"
    if place == 0 or good >= place or walk.doubt.vouched is False:
        first, last = place, None
    elif walk.doubt.vouched:
        first, last = place - 1, None
    else:
        first, last = place - 1, place
    which = f"Entry {first}" if last is None else f"Entry {first} or {last}"
    since = f" No checkpoint vouches for the entries {good} to {first - 1} either." if good < first else ""
    message = f"{which} was {what}: the link between the entries {place - 1} and {place} is broken.{since}"
    return Problem(fault, message, RESTORE, first, last, good if good < first else None)


def truncated(entries: int, size: int, witness: str) -> Problem:
    """The fault of a log that ends before ``size``; ``witness`` says what shows that it was longer."""
    return Problem(
        Fault.TRUNCATED,
        f"The log was truncated: entries {entries} to {size - 1} are missing ({witness}).",
        "Ask for a complete export. If there is none, the missing entries were destroyed after they were signed.",
        entries,
        size - 1,
    )
