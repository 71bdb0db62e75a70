"""Engines by name, made on first use and kept for the life of the process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.protocol import Engine

DEFAULT: Final = "parametric"

_lock = threading.RLock()  # a factory may ask for another engine
_factories: dict[str, Callable[[], Engine]] = {}
_engines: dict[str, Engine] = {}


def _parametric() -> Engine:
    # Imported here so that a process which only lists engines loads no torch.
    from synthesis.engine.parametric.engine import ParametricEngine

    return ParametricEngine()


_factories[DEFAULT] = _parametric


def register(name: str, factory: Callable[[], Engine]) -> None:
    """Offer an engine under ``name``, made by ``factory`` on first use; an engine of that name already made is dropped."""
    with _lock:
        _factories[name] = factory
        _engines.pop(name, None)


def names() -> tuple[str, ...]:
    """Names that ``get`` knows, sorted."""
    with _lock:
        return tuple(sorted(_factories))


def get(name: str = DEFAULT) -> Engine:
    """The engine of that name, the same object each time within a process.

    Raises:
        EngineError: code ``unknown_engine``.
    """
    with _lock:
        if name not in _engines:
            if name not in _factories:
                known = ", ".join(sorted(_factories))
                raise EngineError("unknown_engine", f"There is no engine {name!r}; there are {known}.")
            _engines[name] = _factories[name]()
        return _engines[name]
