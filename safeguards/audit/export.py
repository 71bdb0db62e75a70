"""Checkpoints as files: an append-only folder that the database cannot rewrite.

One file per size, ``<20 digits>.checkpoint``, written aside, flushed to disk and linked into place; an existing file
is never replaced. Copy the folder to another machine or to write-once storage, and hand files to auditors: each is an
anchor for ``python -m safeguards.audit.verify --checkpoint``.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

from .checkpoint import Head, SignedHead
from .errors import LogInconsistent
from .models import Checkpoint

SUFFIX = ".checkpoint"


def folder() -> Path:
    """Where checkpoints go, created when missing."""
    path = Path(settings.VIVAVOCE_CHECKPOINT_DIR)
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    return path


def _path(size: int) -> Path:
    return folder() / f"{size:020d}{SUFFIX}"


def newest() -> Head | None:
    """Head of the exported checkpoint with the largest size; None for an empty folder."""
    names = sorted(path.name for path in folder().glob("[0-9]*" + SUFFIX))
    return SignedHead.parse((folder() / names[-1]).read_bytes()).head if names else None


def export_checkpoint(checkpoint: Checkpoint) -> Path:
    """Write a checkpoint to the folder; doing it twice changes nothing.

    Raises:
        LogInconsistent: when the folder holds another root for this size.
    """
    _settle()
    path = _path(checkpoint.size)
    aside = path.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(checkpoint.note.encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    if SignedHead.parse(path.read_bytes()).head.root != bytes(checkpoint.root):
        raise LogInconsistent(f"{path.name} was exported with another root: two histories were signed; keep both files")
    _flush(path.parent)
    return path


def export_missing() -> int:
    """Export every stored checkpoint that has no file, as after a crash between commit and export; returns how many."""
    present = {int(path.name.removesuffix(SUFFIX)) for path in folder().glob("[0-9]*" + SUFFIX)}
    missing = sorted(set(Checkpoint.objects.values_list("size", flat=True)) - present)
    for size in missing:
        export_checkpoint(Checkpoint.objects.get(pk=size))
    return len(missing)


def _settle() -> None:
    """Make the signed entries durable before their checkpoint leaves the machine.

    SQLite in WAL mode with ``synchronous=NORMAL`` may lose the last commits at a power cut; a checkpoint that outlived
    its entries would look like a truncated log.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            cursor.fetchall()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
