"""Filling a log quickly: the same leaves, hashes and nodes as ``log.append`` makes, many rows per statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from safeguards.audit import merkle, tree
from safeguards.audit.leaf import PREV_OF_FIRST, leaf_bytes
from safeguards.audit.models import Entry

_START = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 5_000
_ENTRY = (
    'INSERT INTO audit_entry ("index", type, at, actor, subject, world, leaf, leaf_hash) '
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
_NODE = 'INSERT INTO audit_node (level, "index", hash) VALUES (%s, %s, %s)'


def grow_to(size: int) -> None:
    """Append entries until the log has ``size`` of them."""
    start = tree.size()
    peaks = tree.frontier(start).peaks
    last = Entry.objects.filter(index=start - 1).values_list("leaf_hash", flat=True).first()
    prev = bytes(last).hex() if last is not None else PREV_OF_FIRST
    for base in range(start, size, _BATCH):
        entries, nodes = [], []
        for index in range(base, min(base + _BATCH, size)):
            at = _START + timedelta(milliseconds=index)
            subject = f"request:{index % 997:04d}"
            leaf = leaf_bytes(
                index=index,
                prev=prev,
                event=601,
                at=at,
                actor="app:bench",
                subject=subject,
                world="live",
                body={"n": index},
            )
            current = merkle.leaf_hash(leaf)
            prev = current.hex()
            entries.append((index, 601, at, "app:bench", subject, "live", leaf, current))
            for level, place in merkle.new_nodes(index):
                current = merkle.node_hash(peaks.pop(), current)
                nodes.append((level, place, current))
            peaks.append(current)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_ENTRY, entries)
            cursor.executemany(_NODE, nodes)
