"""The test process runs the embedded shape in a folder of its own, unless the environment names another database."""

from __future__ import annotations

import os
import shutil
import tempfile
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
