"""Streaming bodies that work under ASGI and WSGI, and byte ranges (RFC 9110 §14): for the API and the console alike."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CHUNK = 64 * 1024


class RangeNotSatisfiable(Exception):
    """No byte of the file lies in the range asked for: 416, with the size in ``Content-Range``."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes.")
        self.size = size


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class File(Protocol):
    """What a stored clip offers."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def media_type(self) -> str:
        """MIME type."""
        ...

    @property
    def filename(self) -> str:
        """What to call it on disk."""
        ...

    @property
    def sha256(self) -> str:
        """Of the whole, hexadecimal."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """Bytes ``start`` to ``end``, end exclusive."""
        ...


def stream(request: HttpRequest, pieces: Iterator[bytes], *, content_type: str) -> StreamingHttpResponse:
    """Send pieces as they come. ASGI needs an asynchronous iterator: Django would exhaust a plain one before the first byte leaves."""
    if isinstance(request, ASGIRequest):
        return StreamingHttpResponse(_asynchronously(pieces), content_type=content_type)
    return StreamingHttpResponse(pieces, content_type=content_type)


async def _asynchronously(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(following, thread_sensitive=True)()) is not None:
        yield piece


def closing(response: HttpResponseBase, close: Callable[[], None]) -> None:
    """Have ``close`` called when the response has been sent or given up."""
    response._resource_closers.append(close)  # type: ignore[attr-defined]


def send_file(request: HttpRequest, file: File, *, inline: bool = False) -> HttpResponseBase:
    """The file, or the range asked for: 200, 206 or 304. The entity tag is the digest of the bytes. ``inline``: to be played, not saved.

    Raises:
        RangeNotSatisfiable: 416.
    """
    tag = f'"{file.sha256}"'
    if tag in request.headers.get("If-None-Match", ""):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        wanted = _range(request, file.size, tag)
        start, end = wanted or (0, file.size)
        response = stream(request, chunks(file, start, end), content_type=file.media_type)
        response["Content-Length"] = str(end - start)
        if wanted is not None:
            response.status_code = 206
            response["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    response["ETag"] = tag
    response["Accept-Ranges"] = "bytes"
    # Each fetch must reach us, so that revocation is checked each time.
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{file.filename}"'
    return response


def chunks(file: File, start: int, end: int) -> Iterator[bytes]:
    """A stretch of the file in pieces; each is read, and so checked, when its turn comes."""
    for position in range(start, end, CHUNK):
        yield file.read(position, min(position + CHUNK, end))


def _range(request: HttpRequest, size: int, tag: str) -> tuple[int, int] | None:
    """Start and exclusive end of a single satisfiable range; None for the whole. Several ranges at once get the whole, as the RFC allows."""
    header = request.headers.get("Range")
    if header is None or request.headers.get("If-Range", tag) != tag:
        return None
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if not last else min(int(last) + 1, size)
    if (first and last and int(last) < int(first)) or start >= end:
        raise RangeNotSatisfiable(size)
    return start, end
