"""The time of day, from one place, so that tests can set it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


_clock: Clock = system


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _clock()


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self.at += timedelta(seconds=seconds)


@contextmanager
def frozen(at: datetime) -> Iterator[FrozenClock]:
    """Make ``now`` answer ``at`` in every thread of this process until the block ends; the clock can be advanced inside."""
    global _clock
    before, clock = _clock, FrozenClock(at)
    _clock = clock
    try:
        yield clock
    finally:
        _clock = before
