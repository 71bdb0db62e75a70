"""Waiting for a worker inside a web request.

Each request runs in a thread of its own under ASGI, so that one that sleeps here blocks no other. Between two looks no database connection is
held on a server that counts them. At most ``VIVAVOCE_MAX_WAITING`` requests wait in one process; more are told to come back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.db import connection

from vivavoce.api.problems import Problem

T = TypeVar("T")
_FIRST, _LONGEST = 0.03, 0.4
_seats = threading.BoundedSemaphore(settings.VIVAVOCE_MAX_WAITING)


@contextmanager
def seat() -> Iterator[None]:
    """Room for one waiting request.

    Raises:
        Problem: 503 ``too_many_waiting``.
    """
    if not _seats.acquire(blocking=False):
        raise Problem(
            503,
            "too_many_waiting",
            "Too many requests are waiting for audio here; try again, or use POST /v1/synthesis and a webhook.",
            headers={"Retry-After": "2"},
        )
    try:
        yield
    finally:
        _seats.release()


def until(look: Callable[[], T], *, seconds: float) -> T | None:
    """Call ``look`` until it answers something else than None, with growing pauses; None when time is up."""
    end = time.monotonic() + seconds
    pause = _FIRST
    while True:
        answer = look()
        if answer is not None:
            return answer
        left = end - time.monotonic()
        if left <= 0:
            return None
        _let_go()
        time.sleep(min(pause, left))
        pause = min(pause * 1.3, _LONGEST)


def _let_go() -> None:
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()
