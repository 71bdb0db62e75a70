"""Engines by name."""

from __future__ import annotations

import pytest

from synthesis.engine import registry
from synthesis.engine.errors import EngineError
from synthesis.engine.protocol import Engine


def test_the_default_engine_is_parametric_and_keeps_the_protocol() -> None:
    engine = registry.get()
    assert isinstance(engine, Engine)
    assert engine.name == "parametric"
    assert registry.get("parametric") is engine


def test_an_unknown_engine_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(EngineError, match="parametric") as refused:
        registry.get("nobody")
    assert refused.value.code == "unknown_engine"


def test_a_registered_engine_is_made_once_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    monkeypatch.setattr(registry, "_engines", dict(registry._engines))
    made: list[Engine] = []

    def factory() -> Engine:
        made.append(registry.get())
        return made[-1]

    before = set(registry.names())
    registry.register("second", factory)
    assert not made
    assert registry.get("second") is registry.get("second")
    assert len(made) == 1
    assert set(registry.names()) - before == {"second"}
