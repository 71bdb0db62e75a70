"""What every test shares: the append-only log between tests, and tests that need the shared speech set. See also ``tests.home``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked ``shared`` need the speech folder beside the checkout; without it they are not collected silently but skipped by name."""
    if shared_folder().exists():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="the shared speech folder is not here; CI runs these"))


def shared_folder() -> Path:
    """Where speech and fixtures for CI lie."""
    return Path(os.environ.get("VIVAVOCE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session", autouse=True)
def _flush_lifts_the_append_only_guard() -> Iterator[None]:
    """Emptying the test database after a transactional test needs the log's triggers out of the way; they are back at once."""
    from django.db import connection
    from django.test import TransactionTestCase

    from safeguards.audit import triggers

    flush = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        triggers.remove(connection)
        try:
            flush(case)
        finally:
            triggers.install(connection)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _checkpoints_of_one_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test signs a log of its own; a checkpoint left by another would rightly be called a contradiction."""
    from django.conf import settings

    monkeypatch.setattr(settings, "VIVAVOCE_CHECKPOINT_DIR", tmp_path / "checkpoints")
