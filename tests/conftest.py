"""The test process runs the embedded shape in a folder of its own, unless the environment names another database."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_HOME = Path(tempfile.mkdtemp(prefix="vivavoce-test-"))
os.environ["VIVAVOCE_HOME"] = str(_HOME)
os.environ.setdefault("VIVAVOCE_LOG_LEVEL", "ERROR")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder."""
    shutil.rmtree(_HOME, ignore_errors=True)


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


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Give each test process a SQLite file of its own: settings are read before this module could name another folder."""
    from django.db import connections

    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(_HOME / "test.sqlite3")


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
        for name in (_HOME / "checkpoints").glob("*"):
            name.unlink()

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _checkpoints_of_one_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test signs a log of its own; a checkpoint left by another would rightly be called a contradiction."""
    from django.conf import settings

    monkeypatch.setattr(settings, "VIVAVOCE_CHECKPOINT_DIR", tmp_path / "checkpoints")
