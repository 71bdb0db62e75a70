"""An ASGI wrapper that bounds request bodies before and while they are read.

Django's ASGI handler takes a whole body in before the first line of ours runs, whatever its size. Here a declared length above the limit is
refused unread, and a body that turns out longer than declared, or declares nothing, is cut off at the limit.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from audiokit.ids import new_id
from vivavoce.api.problems import MEDIA_TYPE, Problem, document

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_JSON_BYTES = 1024 * 1024
MAX_UPLOAD_BYTES = 40 * 1024 * 1024
_FRAMING_BYTES = 64 * 1024  # multipart headers and fields around a file of the largest size


class _TooLarge(Exception):
    """The body ran past its limit."""


class BodyLimit:
    """Wraps the application."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event stream."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {bytes(name).lower(): bytes(value) for name, value in scope["headers"]}
        limit = limit_of(headers.get(b"content-type", b"").decode("latin-1"))
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await _refuse(send)
            return
        await self._bounded(scope, receive, send, limit)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        taken, started = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _TooLarge:
            if started:
                raise
            await _refuse(send)


def limit_of(content_type: str) -> int:
    """Largest body of this type, in bytes."""
    kind = content_type.partition(";")[0].strip().lower()
    return MAX_JSON_BYTES if kind in {"", "application/json"} else MAX_UPLOAD_BYTES + _FRAMING_BYTES


async def _refuse(send: Send) -> None:
    request_id = new_id("rid")
    body = json.dumps(document(Problem(413, "body_too_large", "The request body is too large."), request_id)).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
