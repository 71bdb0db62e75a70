"""Reading a byte range of a stored object, from a local file or from S3.

django-storages fetches a whole S3 object when one of its files is opened; here a range request asks S3 for the range
only.
"""

from __future__ import annotations

import posixpath
from typing import Any, Protocol

from django.core.files.storage import Storage

from .errors import BlobMissing


class Source(Protocol):
    """Stored bytes with random access."""

    length: int

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``."""

    def close(self) -> None:
        """Give back what is held open."""


class _FileSource:
    def __init__(self, storage: Storage, name: str) -> None:
        self._file = storage.open(name)
        self.length = int(storage.size(name))

    def read_at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return bytes(self._file.read(length))

    def close(self) -> None:
        self._file.close()


class _S3Source:
    def __init__(self, bucket: Any, key: str) -> None:
        self._object = bucket.Object(key)
        self.length = int(self._object.content_length)

    def read_at(self, offset: int, length: int) -> bytes:
        answer = self._object.get(Range=f"bytes={offset}-{offset + length - 1}")
        return bytes(answer["Body"].read())

    def close(self) -> None:
        """Nothing is held: each range is a request of its own."""


def open_source(storage: Storage, name: str) -> Source:
    """Open a stored object.

    Raises:
        BlobMissing: no object has this name.
    """
    if not storage.exists(name):
        raise BlobMissing("no such blob: it was deleted or never stored")
    bucket = getattr(storage, "bucket", None)
    if bucket is not None:
        return _S3Source(bucket, posixpath.join(getattr(storage, "location", ""), name).lstrip("/"))
    try:
        return _FileSource(storage, name)
    except FileNotFoundError as error:
        raise BlobMissing("no such blob: it was deleted a moment ago") from error
