"""Races on both databases: what must happen once happens once, and a revocation that commits first wins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[3]
SERVER = os.environ.get("VIVAVOCE_TEST_POSTGRES_URL", "postgresql://root@127.0.0.1:5432/postgres")


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of its own, dropped afterwards."""
    name = f"vivavoce_voices_{uuid.uuid4().hex[:12]}"
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL server at {SERVER}; CI runs these")
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    yield SERVER.rpartition("/")[0] + "/" + name
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of every race, on one database."""
    home = tmp_path_factory.mktemp(f"race-{request.param}")
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else f"sqlite://{home}/race.sqlite3"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "vivavoce.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "VIVAVOCE_HOME": str(home),
        "VIVAVOCE_DATABASE_URL": url,
    }
    migrate = [sys.executable, "-m", "django", "migrate", "-v0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True, timeout=300)
    race = [sys.executable, "-W", "ignore", "-m", "tests.integration.voices.race"]
    done = subprocess.run(race, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_of_parallel_answers_to_one_challenge_exactly_one_wins(outcome):
    found = outcome["one_challenge_many_answers"]
    assert found["outcomes"] == {"ok": 1, "challenge_consumed": 5}
    assert (found["recordings"], found["jobs"], found["consumed_entries"], found["state"]) == (1, 1, 1, "consumed")


def test_a_quota_is_never_overdrawn_by_parallel_requests(outcome):
    assert outcome["one_quota_many_requests"] == {"outcomes": {"ok": 3, "quota_exhausted": 5}, "used": 90}


def test_no_clip_is_released_after_a_withdrawal_that_committed_first(outcome):
    found = outcome["revocation_against_release"]
    assert (found["withdrawn"], found["released_after_withdrawal"], found["strange"]) == (6, 0, 0)


def test_each_job_is_claimed_by_one_worker(outcome):
    assert outcome["many_claimers"] == {"outcomes": {"ok": 5}, "each_once": True}


def test_a_consent_that_was_withdrawn_never_ends_active(outcome):
    assert outcome["withdrawal_against_activation"] == {"withdrawn": 4}


def test_what_may_exist_once_is_made_once(outcome):
    found = outcome["one_row_many_makers"]
    assert found["owners"] == {"ok": 1, "owner_exists": 3}
    assert (found["owner_rows"], found["actor_rows"]) == (1, 1)
    assert found["actors"] == {"ok": 4}
    assert found["enrolments"] == {"ok": 1, "enrolment_open": 3}


def test_the_log_has_no_gap_after_all_that(outcome):
    assert outcome["the_log_stayed_dense"] == {"dense": True, "some": True}
