"""The sine engine stands in the registry, under its own name, for each test here."""

from __future__ import annotations

import pytest

from synthesis.engine import registry
from tests.fakes.engine import SineEngine


@pytest.fixture
def engine() -> SineEngine:
    """The engine that this process's workers will use."""
    made = SineEngine()
    registry.register("sine", lambda: made)
    return made
