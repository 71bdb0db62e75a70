"""The index in PostgreSQL answers as the others do."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from safeguards.fingerprint import FingerprintStore, extract
from safeguards.fingerprint.postgres import FingerprintTables
from tests.speech_data import clips, load

SERVER = os.environ.get("VIVAVOCE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/postgres")
PRINTS = {clip.path.name: extract(load(clip)) for clip in clips(min_seconds=3.0)[:8]}
NAMES = list(PRINTS)

pytestmark = pytest.mark.postgres


@pytest.fixture
def connection() -> Iterator[psycopg.Connection[Any]]:
    """A schema of its own, dropped afterwards."""
    try:
        opened = psycopg.connect(SERVER, connect_timeout=3, autocommit=True)
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL server at {SERVER}; CI runs these")
    schema = f"fingerprint_{uuid.uuid4().hex[:12]}"
    with opened:
        opened.execute(f"create schema {schema}")
        opened.execute(f"set search_path to {schema}")
        yield opened
        opened.execute(f"drop schema {schema} cascade")


def first(tables: FingerprintTables, name: str) -> str | None:
    best = tables.query(PRINTS[name], top=1)
    return best[0].id if best and best[0].believed else None


def test_records_are_found_before_and_after_filing_and_not_after_removal(connection: psycopg.Connection[Any]) -> None:
    tables = FingerprintTables(connection)
    tables.create()
    for name in NAMES[:6]:
        tables.add(name, PRINTS[name])
    assert [first(tables, name) for name in NAMES[:6]] == NAMES[:6]
    assert tables.file() == 6
    assert tables.file() == 0
    for name in NAMES[6:]:
        tables.add(name, PRINTS[name])
    assert [first(tables, name) for name in NAMES] == NAMES
    tables.remove(NAMES[0])
    tables.remove(NAMES[7])
    assert first(tables, NAMES[0]) is None
    assert first(tables, NAMES[7]) is None


def test_what_another_connection_removed_is_not_returned(connection: psycopg.Connection[Any]) -> None:
    tables, others = FingerprintTables(connection), FingerprintTables(connection)
    tables.create()
    tables.add(NAMES[0], PRINTS[NAMES[0]])
    assert first(tables, NAMES[0]) == NAMES[0]
    others.remove(NAMES[0])
    assert first(tables, NAMES[0]) is None


def test_a_segment_of_a_store_is_taken_over(connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    store = FingerprintStore(tmp_path)
    store.load(PRINTS.items())
    tables = FingerprintTables(connection)
    tables.create()
    tables.take(store.segments[0])
    tables.add("again", PRINTS[NAMES[0]])
    assert [first(tables, name) for name in NAMES[1:]] == NAMES[1:]
    with pytest.raises(ValueError, match="empty"):
        tables.take(store.segments[0])
