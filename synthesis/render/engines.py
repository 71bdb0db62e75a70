"""Engines of this installation by name, for render and training."""

from __future__ import annotations

from synthesis.engine import registry
from synthesis.engine.protocol import Engine


def engine(name: str) -> Engine:
    """The engine of that name.

    Raises:
        EngineError: ``unknown_engine``.
    """
    return registry.get(name)
