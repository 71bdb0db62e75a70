"""Fixtures that several folders of tests share; a ``conftest.py`` imports those it wants."""

from __future__ import annotations

import pytest

from synthesis.engine import registry
from tests.fakes.engine import SineEngine
from voices import jobs


@pytest.fixture
def engine() -> SineEngine:
    """The engine that this process's workers will use, under its own name."""
    made = SineEngine()
    registry.register("sine", lambda: made)
    return made


@pytest.fixture(autouse=True)
def nudges(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were asked to look; nobody listens, since a lost message must lose nothing."""
    sent: list[str] = []
    monkeypatch.setattr(jobs, "_send", lambda task, job_id: sent.append(task))
    return sent
