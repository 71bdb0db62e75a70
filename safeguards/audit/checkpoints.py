"""Signing tree heads and putting them where the database cannot reach.

A checkpoint is due every ``VIVAVOCE_CHECKPOINT_EVERY`` entries, ``VIVAVOCE_CHECKPOINT_SECONDS`` after the first
unsigned entry, and at once after an urgent one (``events.URGENT``). Before signing, all leaves since the last
checkpoint are hashed anew and the tree is checked against the last checkpoint in the database and the last one in the
folder: a log must never sign two heads that do not agree.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from safeguards.crypto.keys import SigningKey

from . import export, log, logkeys, merkle, tree
from .checkpoint import Head, SignedHead, sign
from .errors import LogInconsistent
from .events import URGENT, EventType
from .models import Checkpoint, Entry, LogKey

_DEFAULT_EVERY = 100
_DEFAULT_SECONDS = 60


def checkpoint_latest() -> Checkpoint | None:
    """The checkpoint of the largest size, or None for a log never signed."""
    return Checkpoint.objects.order_by("-size").first()


def checkpoint_due(*, now: datetime | None = None) -> bool:
    """Whether the entries since the last checkpoint ask for a new one."""
    latest = checkpoint_latest()
    unsigned = Entry.objects.filter(index__gte=latest.size if latest else 0)
    first = unsigned.order_by("index").first()
    if first is None:
        return False
    every = getattr(settings, "VIVAVOCE_CHECKPOINT_EVERY", _DEFAULT_EVERY)
    if tree.size() - first.index >= every or unsigned.filter(type__in=URGENT).exists():
        return True
    period = timedelta(seconds=getattr(settings, "VIVAVOCE_CHECKPOINT_SECONDS", _DEFAULT_SECONDS))
    return (now or timezone.now()) - first.at >= period


def checkpoint_create(*, now: datetime | None = None) -> Checkpoint:
    """Sign the tree as it stands, store and export the checkpoint; returns the latest one when nothing was added since.

    Runs its own transaction: a checkpoint must not cover entries that could still be rolled back.

    Raises:
        RuntimeError: inside another transaction.
        LogInconsistent: the stored log contradicts a checkpoint already signed, or its own leaves.
        LogKeyMissing: the log's present signing key is not configured here.
    """
    with transaction.atomic(durable=True):
        log.lock()
        latest = checkpoint_latest()
        if latest is not None and latest.size == tree.size():
            transaction.on_commit(export.export_missing)
            return latest
        return _create(_checked_head(latest), [logkeys.active()], now)


def log_key_rotate(*, actor: str, now: datetime | None = None) -> Checkpoint:
    """Hand the log over to the first key of ``VIVAVOCE_LOG_SIGNING_KEYS``; the old one must still be configured after
    it.

    Appends ``LOG_KEY_ROTATED`` with both public keys and signs the checkpoint that ends with it under both: whoever
    trusts the old key finds the new one in a leaf that the old key signed. The old key is valid up to this size, the
    new one from it.

    Raises:
        ValueError: when the first configured key signs already.
        RuntimeError: inside another transaction.
        LogInconsistent, LogKeyMissing: as :func:`checkpoint_create`.
    """
    with transaction.atomic(durable=True):
        log.lock()
        old, new = logkeys.active(), logkeys.configured()[0]
        old_key, new_key = str(logkeys.note_key(old)), str(logkeys.note_key(new))
        if LogKey.objects.filter(vkey=new_key).exists():
            raise ValueError("the first key of VIVAVOCE_LOG_SIGNING_KEYS was used before: put a new key in front of it")
        _checked_head(checkpoint_latest())
        entry = log.append_any(
            EventType.LOG_KEY_ROTATED, actor=actor, subject="log:key", body={"old": old_key, "new": new_key}, at=now
        )
        LogKey.objects.create(vkey=new_key, from_size=entry.index + 1, added_at=now or timezone.now())
        return _create(_checked_head(checkpoint_latest()), [old, new], now)


def _create(head: Head, keys: list[SigningKey], now: datetime | None) -> Checkpoint:
    signed = sign(head, keys)
    checkpoint = Checkpoint(
        size=head.size, root=head.root, note=signed.note.to_bytes().decode(), at=now or timezone.now()
    )
    checkpoint.save(force_insert=True)
    transaction.on_commit(partial(export.export_checkpoint, checkpoint))
    return checkpoint


def _checked_head(latest: Checkpoint | None) -> Head:
    """The head of the present tree, derived from the last signed one and the leaves since."""
    signed = None if latest is None else SignedHead.parse(latest.note.encode()).head
    if signed is not None and signed.origin != logkeys.origin():
        raise LogInconsistent(f"this log was signed as {signed.origin!r}: set VIVAVOCE_LOG_ORIGIN back to that")
    frontier = _continued(signed)
    outside = export.newest()
    if outside is not None and (outside.size > frontier.size or tree.frontier(outside.size).root() != outside.root):
        raise LogInconsistent(
            f"the log ({frontier.size} entries) contradicts the exported checkpoint of size {outside.size}: entries "
            "were removed or changed, or an old backup was restored. Restore the missing entries from an export; if this "
            "is a new log, give it an empty VIVAVOCE_CHECKPOINT_DIR and a new VIVAVOCE_LOG_ORIGIN"
        )
    return Head(logkeys.origin(), frontier.size, frontier.root())


def _continued(signed: Head | None) -> merkle.Frontier:
    try:
        frontier = tree.frontier(signed.size if signed else 0)
    except LookupError as error:
        raise LogInconsistent(str(error)) from error
    if signed is not None and frontier.root() != signed.root:
        raise LogInconsistent(
            f"the stored tree no longer gives the root signed at size {signed.size}: rows were changed; "
            "verify an export to find the first bad entry"
        )
    new = Entry.objects.filter(index__gte=frontier.size).order_by("index").values_list("index", "leaf", "leaf_hash")
    for index, leaf, stored in new.iterator():
        hashed = merkle.leaf_hash(bytes(leaf))
        if index != frontier.size or hashed != bytes(stored):
            raise LogInconsistent(f"entry {frontier.size} was edited or removed before it was signed")
        frontier.append(hashed)
    if frontier.size and tree.frontier(frontier.size).root() != frontier.root():
        raise LogInconsistent("the stored tree does not follow from its leaves: rows of audit_node were changed")
    return frontier
