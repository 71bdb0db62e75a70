"""A better model that an operator brings in place of one that comes along: named at start-up, opened when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Model = TypeVar("Model")


class Brought(Generic[Model]):
    """A place for one model; calling it gives the model, or None where none was brought.

    What fails to open raises at every call: the model that comes along never stands in for it unasked.
    """

    def __init__(self) -> None:
        self._maker: Callable[[], Model] | None = None
        self._made: Model | None = None
        self._lock = threading.Lock()

    def register_maker(self, maker: Callable[[], Model]) -> None:
        """Let what ``maker`` makes, once, be the model of this process."""
        with self._lock:
            self._maker, self._made = maker, None

    def unregister(self) -> None:
        """Back to the model that comes along."""
        with self._lock:
            self._maker = self._made = None

    def __call__(self) -> Model | None:
        """The model, opened at the first call."""
        with self._lock:
            if self._made is None and self._maker is not None:
                self._made = self._maker()
            return self._made
