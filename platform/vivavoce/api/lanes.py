"""An ASGI wrapper that keeps request threads, and so their database connections, from one request to the next.

Django runs the synchronous parts of each request on a thread made for that request, which takes its database connection with it when it ends: on
PostgreSQL every request would connect anew. Here a request takes a lane, a thread that stays, and gives it back. When all lanes are taken, Django
makes a thread as before; so nothing ever waits for a lane, and a slow reader holds up nobody.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import connections

from vivavoce.api.body_limit import App, Receive, Scope, Send


class Lanes:
    """Wraps the application.

    Args:
        app: Django's.
        most: lanes kept; each may hold one database connection.
    """

    def __init__(self, app: App, *, most: int = 16) -> None:
        self._app = app
        self._most = most
        self._made = 0
        self._free: list[ThreadSensitiveContext] = []  # last in, first out: a quiet server uses one

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event stream."""
        lane = self._take() if scope["type"] == "http" else None
        if lane is None:
            await self._app(scope, receive, send)
            return
        # Django's own ``async with ThreadSensitiveContext()`` leaves a context alone that is there already.
        token = SyncToAsync.thread_sensitive_context.set(lane)
        try:
            await self._app(scope, receive, send)
        finally:
            SyncToAsync.thread_sensitive_context.reset(token)
            self._free.append(lane)

    def close(self) -> None:
        """End the lanes that are free, with their database connections. For servers that stop before their process does."""
        while self._free:
            executor = SyncToAsync.context_to_thread_executor.pop(self._free.pop())
            executor.submit(connections.close_all).result()
            executor.shutdown()
            self._made -= 1

    def _take(self) -> ThreadSensitiveContext | None:
        # Only the event loop's thread comes here, so nothing needs a lock.
        if self._free:
            return self._free.pop()
        if self._made == self._most:
            return None
        self._made += 1
        lane = ThreadSensitiveContext()
        SyncToAsync.context_to_thread_executor[lane] = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{self._made}")
        return lane
