"""Checking the live tables against themselves: what an export cannot show, because it carries leaves only.

Look-up columns must repeat the leaf, stored subtrees must follow from the leaves, the triggers must be in place, and
every exported checkpoint must lie on this history. For a periodic job and for ``vivavoce log verify`` on the machine
itself; an auditor trusts exports and kept checkpoints instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from . import export, merkle, tree, triggers
from .checkpoint import SignedHead
from .leaf import Record, parse_leaf, time_text
from .models import Checkpoint, Entry

_BATCH = 2_000


def problems() -> Iterator[str]:
    """Yield one English sentence per fault; nothing when all is well. Reads every entry once."""
    for name in sorted(triggers.missing(connection)):
        yield f"The trigger {name} is missing: the log's tables can be changed. Reverse and apply migration audit 0002."
    heads = {row.size: bytes(row.root) for row in Checkpoint.objects.all()}
    frontier = merkle.Frontier()
    for entry in Entry.objects.order_by("index").iterator(_BATCH):
        fault = _fault(entry, frontier.size)
        if fault is not None:
            yield fault
        if entry.index != frontier.size:
            return
        frontier.append(merkle.leaf_hash(bytes(entry.leaf)))
        if heads.get(frontier.size, frontier.root()) != frontier.root():
            yield f"The entries do not give the root of checkpoint {frontier.size}: an earlier entry was changed."
            return
    try:
        yield from _tree_faults(frontier)
    except LookupError as error:
        yield f"{error}."


def _fault(entry: Entry, place: int) -> str | None:
    if entry.index != place:
        return f"Entry {place} is missing: entry {entry.index} follows."
    leaf = bytes(entry.leaf)
    if merkle.leaf_hash(leaf) != bytes(entry.leaf_hash):
        return f"Entry {place} was edited: its leaf does not give its stored hash."
    try:
        record = parse_leaf(leaf)
    except ValueError as error:
        return f"Entry {place} was edited: {error}."
    columns = Record(
        entry.index,
        record.prev,
        entry.type,
        time_text(entry.at),
        entry.actor,
        entry.subject,
        entry.world,
        record.body,
    )
    return (
        None if columns == record else f"The look-up columns of entry {place} do not repeat its leaf: trust the leaf."
    )


def _tree_faults(frontier: merkle.Frontier) -> Iterator[str]:
    if tree.frontier(frontier.size).root() != frontier.root():
        yield "The stored subtrees do not follow from the entries: rows of audit_node were changed."
    for path in sorted(export.folder().glob("[0-9]*" + export.SUFFIX)):
        head = SignedHead.parse(path.read_bytes()).head
        if head.size > frontier.size:
            yield f"{path.name} covers {head.size} entries, the log has {frontier.size}: entries are missing."
        elif tree.frontier(head.size).root() != head.root:
            yield f"{path.name} has another root than the log had at that size: history was rewritten."
