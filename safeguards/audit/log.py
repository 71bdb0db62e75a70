"""Appending to the log.

Rules of :func:`append`:

1. Inside the transaction of the change it records: both commit or neither does.
2. As the last statement of that transaction: on PostgreSQL it takes one lock for the whole log until the commit, and
   whatever follows would make all other writers wait.
3. No personal data in the body: ids and digests, and commitments from ``vault.commit`` where a value must be provable
   later.

The index is explicit: it is read under the lock and is part of the signed leaf. On PostgreSQL the lock is
``pg_advisory_xact_lock``; on SQLite the write lock that an IMMEDIATE transaction takes at BEGIN. Should either be
missing, the primary key and the no-gap trigger still refuse a second entry with the same index. Isolation must be READ
COMMITTED (the default).

A leaf is the canonical JSON of::

    {"v": 1, "index": 7, "prev": "<hex leaf hash of entry 6>", "type": 205, "at": "2026-11-21T02:43:17.000000Z",
     "actor": "account:…", "subject": "consent:…", "world": "live", "body": {…}}

``prev`` adds nothing to what a signed root proves. It makes an edited row findable by its index when the editor did
not rewrite every row after it (docs/audit-log.md).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from safeguards.crypto.canonical import JSON

from . import merkle, tree
from .events import URGENT, EventType
from .leaf import PREV_OF_FIRST, leaf_bytes
from .models import Entry, Node

logger = logging.getLogger(__name__)

_ADVISORY_LOCK = 0x7676_6C6F_6701  # "vvlog", 1


def append(
    event: EventType,
    *,
    actor: str,
    subject: str,
    world: str = "live",
    body: Mapping[str, JSON] | None = None,
    at: datetime | None = None,
) -> Entry:
    """Append one entry; the last statement of the transaction it records.

    Args:
        event: what happened.
        actor: who did it, ``kind:id`` (or a bare kind such as ``system``).
        subject: what it happened to, ``kind:id``.
        world: ``live`` or ``sandbox``.
        body: str (at most 512 characters), int, bool, None, and lists or mappings of them; at most 16 kB as canonical
            JSON.
        at: time of the event, aware; now when left out.

    Raises:
        RuntimeError: outside a transaction.
        TypeError: a body value of another type; floats are refused.
        ValueError: an unknown world, an id of another form, a naive time, a string or body that is too long; a key
            rotation.
    """
    if event == EventType.LOG_KEY_ROTATED:
        raise ValueError(
            "a key rotation is recorded by checkpoints.log_key_rotate alone: it retires the key that signs"
        )
    return append_any(event, actor=actor, subject=subject, world=world, body=body, at=at)


def append_any(
    event: EventType,
    *,
    actor: str,
    subject: str,
    world: str = "live",
    body: Mapping[str, JSON] | None = None,
    at: datetime | None = None,
) -> Entry:
    """As :func:`append`, for this room: rotations included."""
    if not connection.in_atomic_block:
        raise RuntimeError("audit.log.append must run inside the transaction of the change it records")
    when = at or timezone.now()
    lock()
    last = Entry.objects.order_by("-index").values_list("index", "leaf_hash").first()
    index, prev = (0, None) if last is None else (last[0] + 1, bytes(last[1]))
    leaf = leaf_bytes(
        index=index,
        prev=PREV_OF_FIRST if prev is None else prev.hex(),
        event=EventType(event),
        at=when,
        actor=actor,
        subject=subject,
        world=world,
        body={} if body is None else body,
    )
    entry = Entry(
        index=index,
        type=EventType(event),
        at=when,
        actor=actor,
        subject=subject,
        world=world,
        leaf=leaf,
        leaf_hash=merkle.leaf_hash(leaf),
    )
    entry.save(force_insert=True)
    if prev is not None:
        _store_nodes(index, prev, bytes(entry.leaf_hash))
    if event in URGENT:
        transaction.on_commit(partial(_checkpoint_now, index), robust=True)
    return entry


def lock() -> None:
    """Take the log's lock until the end of the transaction; taking it twice changes nothing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def _store_nodes(index: int, prev: merkle.Hash, leaf: merkle.Hash) -> None:
    """Store the subtrees that leaf ``index`` completes: one per append on average, never more than log2 of the size."""
    done = merkle.new_nodes(index)
    if not done:
        return
    siblings = {(0, index - 1): prev}
    wanted = [(level - 1, position * 2) for level, position in done[1:]]
    if wanted:
        siblings.update(tree.stored_nodes(wanted))
    rows: list[Node] = []
    current = leaf
    for level, position in done:
        current = merkle.node_hash(siblings[level - 1, position * 2], current)
        rows.append(Node(level=level, index=position, hash=current))
    Node.objects.bulk_create(rows)


def _checkpoint_now(index: int) -> None:
    """After the commit of an urgent entry. A failure here must not undo it, and the periodic sweep signs it later."""
    from .checkpoints import checkpoint_create
    from .logkeys import configured

    if not configured():
        return  # a process without the log's key, such as an engine worker; whoever holds the key signs at its next sweep
    try:
        checkpoint_create()
    except Exception:
        logger.exception("no checkpoint after urgent entry %d; the sweep will try again", index)
