"""The guard comes and goes with its migration, and models and migrations agree."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from safeguards.audit import triggers

ROOT = Path(__file__).resolve().parents[3]


def installed(path: Path) -> set[str]:
    with sqlite3.connect(path) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}


def test_the_triggers_are_installed_removed_and_installed_again(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.integration.audit.log_settings",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "LOG_TEST_HOME": str(tmp_path),
        "LOG_TEST_DATABASE": f"sqlite://{path}",
    }
    command = [sys.executable, "-m", "django", "migrate", "-v0", "audit"]
    for target, expected in [("0002", triggers.names("sqlite")), ("0001", set()), ("0002", triggers.names("sqlite"))]:
        subprocess.run([*command, target], cwd=ROOT, env=env, check=True)
        assert installed(path) == expected
    subprocess.run([*command, "zero"], cwd=ROOT, env=env, check=True)


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "audit", "vault", check=True, dry_run=True, verbosity=0)
