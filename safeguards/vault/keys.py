"""Life of a data key: created, rewrapped under a newer key-encryption key, destroyed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from safeguards.crypto import aead
from safeguards.crypto.errors import SealBroken as CryptoSealBroken
from safeguards.crypto.secret import secret_bytes

from . import kek
from .errors import KeyDestroyed, KeyUnknown, SealBroken
from .models import DataKey

_KEY_BYTES = 32
_BATCH = 500
_SCRUB_WAIT_MS = 500


def _context(data_key_id: uuid.UUID) -> bytes:
    return b"vivavoce/data-key/v1\x00" + data_key_id.bytes


def create(*, at: datetime | None = None) -> DataKey:
    """Make and store a new data key, wrapped under the current key-encryption key.

    Raises:
        KekMissing: when this process has no key-encryption key.
    """
    wrapping = kek.current()
    key_id = uuid.uuid4()
    wrapped = aead.seal(wrapping.key, secret_bytes(_KEY_BYTES), context=_context(key_id))
    return DataKey.objects.create(id=key_id, wrapped=wrapped, kek_id=wrapping.id, created_at=at or timezone.now())


def unwrap(data_key_id: uuid.UUID | str) -> bytes:
    """The 32 secret bytes. For this room only; callers use ``seal``, ``open``, ``commit`` and ``blobs``.

    Raises:
        KeyUnknown: no such row.
        KeyDestroyed: the key was destroyed.
        KekMissing: the wrapping key is not configured.
        SealBroken: the wrapped bytes were altered.
    """
    key_id = uuid.UUID(str(data_key_id))
    row = DataKey.objects.filter(pk=key_id).values_list("wrapped", "kek_id").first()
    if row is None:
        raise KeyUnknown(f"no data key {key_id}")
    wrapped, kek_id = row
    if wrapped is None:
        raise KeyDestroyed(f"data key {key_id} was destroyed")
    return _unwrap(key_id, bytes(wrapped), kek_id)


def _unwrap(key_id: uuid.UUID, wrapped: bytes, kek_id: str) -> bytes:
    try:
        return aead.open_sealed(kek.by_id(kek_id).key, wrapped, context=_context(key_id))
    except CryptoSealBroken as error:
        raise SealBroken(f"the wrapped bytes of data key {key_id} were altered") from error


def destroy(data_key_id: uuid.UUID | str, *, at: datetime | None = None) -> None:
    """Erase: overwrite the wrapped key, then empty it. Doing it twice changes nothing.

    The wrapped bytes are first replaced by random ones of the same length, so that SQLite rewrites them in place;
    after the commit :func:`scrub` removes older row versions. Copies in backups hold only bytes wrapped under a
    key-encryption key: retiring that key (rotate, :func:`rewrap`, remove it from the settings) makes them useless too.

    Raises:
        KeyUnknown: no such row.
    """
    key_id = uuid.UUID(str(data_key_id))
    with transaction.atomic():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA secure_delete=ON")
        live = DataKey.objects.filter(pk=key_id, destroyed_at__isnull=True)
        noise = secret_bytes(_KEY_BYTES + aead.OVERHEAD)
        if live.update(wrapped=noise) == 0:
            if not DataKey.objects.filter(pk=key_id).exists():
                raise KeyUnknown(f"no data key {key_id}")
            return
        live.update(wrapped=None, destroyed_at=at or timezone.now())
        transaction.on_commit(scrub, robust=True)


def scrub() -> None:
    """Drop older versions of data key rows from the database files; safe to call at any time outside a transaction.

    SQLite: the write-ahead log is folded in and truncated. PostgreSQL: the table is vacuumed. Best effort: a
        long-running reader delays it to the next call.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
            patience = cursor.fetchone()[0]
            # TRUNCATE waits for readers; an erasure must not hang behind one for the full write timeout.
            cursor.execute(f"PRAGMA busy_timeout={_SCRUB_WAIT_MS}")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.fetchall()
            finally:
                cursor.execute(f"PRAGMA busy_timeout={int(patience)}")
        elif connection.vendor == "postgresql":
            cursor.execute(f"VACUUM {connection.ops.quote_name(DataKey._meta.db_table)}")


def rewrap() -> int:
    """Move every live data key to the current key-encryption key; returns how many moved.

    Safe to interrupt and to run beside writers: each row is one conditional update. What the data keys sealed is not
    touched.

    Raises:
        KekMissing: when a row's old key is no longer configured.
    """
    wrapping = kek.current()
    moved = 0
    while True:
        stale = DataKey.objects.filter(destroyed_at__isnull=True).exclude(kek_id=wrapping.id)
        rows = list(stale.values_list("id", "wrapped", "kek_id")[:_BATCH])
        if not rows:
            return moved
        for key_id, wrapped, kek_id in rows:
            if wrapped is None:
                continue
            plain = _unwrap(key_id, bytes(wrapped), kek_id)
            again = aead.seal(wrapping.key, plain, context=_context(key_id))
            same = DataKey.objects.filter(pk=key_id, kek_id=kek_id, destroyed_at__isnull=True)
            moved += same.update(wrapped=again, kek_id=wrapping.id)
