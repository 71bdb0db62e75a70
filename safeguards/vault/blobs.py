"""Large sealed objects (recordings, voice models, raw and released audio) in the storage named "vault".

An object is stored under a random ref before any row names it; a crash in between leaves an orphan, never a row
without content. :func:`orphans` finds those. Delete a blob after the transaction that forgets its ref has committed
(``transaction.on_commit``).
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils import timezone

from safeguards.crypto import stream
from safeguards.crypto.errors import SealBroken as CryptoSealBroken
from safeguards.crypto.kdf import hkdf

from . import keys
from .errors import BlobMissing, SealBroken
from .source import Source, open_source

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_REF = re.compile(r"[a-z][a-z0-9_]{0,31}/[0-9a-f]{2}/[0-9a-f]{32}")
_INFO = b"vivavoce/vault/v1/blob"


def _storage() -> Storage:
    return storages["vault"]


def _checked(ref: str) -> str:
    if not _REF.fullmatch(ref):
        raise BlobMissing("not a ref that this vault gives out")
    return ref


def _context(data_key_id: uuid.UUID | str, ref: str) -> bytes:
    return uuid.UUID(str(data_key_id)).bytes + ref.encode()


class BlobReader:
    """Ranged reading of one blob. ``size`` is the plaintext length; close it, or use it in a ``with`` block."""

    def __init__(self, source: Source, key: bytes, context: bytes) -> None:
        self._source = source
        try:
            self._reader = stream.SealedReader(key, source.read_at, source.length, context=context)
        except CryptoSealBroken as error:
            source.close()
            raise SealBroken(f"a blob does not open: {error}") from error
        self.size = self._reader.size

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Plaintext bytes ``start`` to ``end``, end exclusive; only the chunks they touch are fetched and opened.

        Raises:
            ValueError: unless ``0 <= start <= end <= size``.
            SealBroken: a touched chunk was altered.
        """
        try:
            return self._reader.read(start, end)
        except CryptoSealBroken as error:
            raise SealBroken(f"a blob does not open: {error}") from error

    def chunks(self, start: int = 0, end: int | None = None, step: int = 1 << 16) -> Iterator[bytes]:
        """The same range in pieces of at most ``step`` bytes, for streaming responses."""
        stop = self.size if end is None else end
        for position in range(start, stop, step):
            yield self.read(position, min(position + step, stop))

    def close(self) -> None:
        """Give back the stored file or connection."""
        self._source.close()

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def put(data_key_id: uuid.UUID | str, plaintext: bytes, *, kind: str) -> str:
    """Seal and store; returns the ref, a random name that says only the kind.

    Args:
        data_key_id: whose material it is.
        plaintext: any length.
        kind: lower-case word such as ``recording``, ``voice_model``, ``raw``, ``clip``.

    Raises:
        ValueError: for another form of ``kind``.
        KeyUnknown, KeyDestroyed, KekMissing: the data key cannot be used.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError(f"kind must match {_KIND.pattern}, got {kind!r}")
    token = secrets.token_hex(16)
    ref = f"{kind}/{token[:2]}/{token}"
    key = hkdf(keys.unwrap(data_key_id), _INFO)
    sealed = stream.seal_stream(key, plaintext, context=_context(data_key_id, ref))
    name = _storage().save(ref, ContentFile(sealed))
    if name != ref:
        _storage().delete(name)
        raise RuntimeError("the vault storage renamed a blob; it must store names unchanged")
    return ref


def open_range(ref: str, data_key_id: uuid.UUID | str) -> BlobReader:
    """Open a blob for ranged reading; its size is verified at once.

    Raises:
        BlobMissing: no such object.
        SealBroken: altered, cut, renamed or of another key.
        KeyDestroyed, KeyUnknown, KekMissing: the data key cannot be used.
    """
    key = hkdf(keys.unwrap(data_key_id), _INFO)
    return BlobReader(open_source(_storage(), _checked(ref)), key, _context(data_key_id, ref))


def get(ref: str, data_key_id: uuid.UUID | str) -> bytes:
    """The whole plaintext of a blob.

    Raises:
        As :func:`open_range`.
    """
    with open_range(ref, data_key_id) as reader:
        return reader.read()


def exists(ref: str) -> bool:
    """Whether the storage holds an object under this ref; says nothing about whether it can be opened."""
    return _storage().exists(_checked(ref))


def delete(ref: str) -> None:
    """Remove a blob; removing it twice, or one that never was, changes nothing."""
    with suppress(FileNotFoundError, BlobMissing):
        _storage().delete(_checked(ref))


def orphans(known: Collection[str], *, older_than: timedelta, now: datetime | None = None) -> list[str]:
    """Names in the storage that no row knows and that are older than ``older_than``; give them to :func:`sweep`.

    Args:
        known: every ref that any row still names.
        older_than: must exceed the longest time between storing a blob and committing its row.
        now: reference time.
    """
    limit = (now or timezone.now()) - older_than
    storage = _storage()
    return [name for name in _walk(storage, "") if name not in known and storage.get_modified_time(name) < limit]


def sweep(names: Collection[str]) -> int:
    """Delete what :func:`orphans` named, half-written files included; returns how many."""
    for name in names:
        with suppress(FileNotFoundError):
            _storage().delete(name)
    return len(names)


def _walk(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}" if folder else name
    for name in folders:
        yield from _walk(storage, f"{folder}/{name}" if folder else name)
