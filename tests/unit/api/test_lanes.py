"""Threads, and their database connections, stay from one request to the next."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async

from vivavoce.api.lanes import Lanes


async def app(scope: Any, receive: Any, send: Any) -> None:
    """As Django's handler does it: synchronous work inside a context of its own, if there is none yet."""
    async with ThreadSensitiveContext():
        name = await sync_to_async(lambda: threading.current_thread().name, thread_sensitive=True)()
        await receive()
        again = await sync_to_async(lambda: threading.current_thread().name, thread_sensitive=True)()
        assert name == again
        await send({"name": name})


async def ask(lanes: Lanes, gate: asyncio.Event, names: list[str]) -> None:
    """One request that lasts until the gate opens."""

    async def send(message: Any) -> None:
        names.append(message["name"])

    await lanes({"type": "http"}, gate.wait, send)  # type: ignore[arg-type]


def test_requests_one_after_the_other_share_a_thread() -> None:
    async def story() -> list[str]:
        lanes, gate, names = Lanes(app, most=3), asyncio.Event(), []  # type: ignore[var-annotated]
        gate.set()
        for _ in range(5):
            await ask(lanes, gate, names)
        return names

    assert len(set(asyncio.run(story()))) == 1


def test_requests_at_once_have_threads_of_their_own_also_beyond_the_last_lane() -> None:
    async def story() -> list[str]:
        lanes, gate, names = Lanes(app, most=2), asyncio.Event(), []  # type: ignore[var-annotated]
        running = [asyncio.create_task(ask(lanes, gate, names)) for _ in range(5)]
        await asyncio.sleep(0.1)
        gate.set()
        await asyncio.gather(*running)
        return names

    names = asyncio.run(story())
    assert len(names) == 5
    assert len({name for name in names if name.startswith("lane-")}) == 2


def test_a_lane_comes_back_when_its_request_fails() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    async def story() -> int:
        lanes = Lanes(broken, most=1)
        for _ in range(3):
            try:
                await lanes({"type": "http"}, None, None)  # type: ignore[arg-type]
            except RuntimeError:
                continue
        return len(lanes._free)

    assert asyncio.run(story()) == 1


def test_closing_ends_the_threads() -> None:
    async def story() -> Lanes:
        lanes, gate, names = Lanes(app, most=2), asyncio.Event(), []  # type: ignore[var-annotated]
        gate.set()
        await ask(lanes, gate, names)
        return lanes

    before = {thread.name for thread in threading.enumerate()}
    lanes = asyncio.run(story())
    lanes.close()
    assert lanes._free == []
    assert {thread.name for thread in threading.enumerate()} <= before
