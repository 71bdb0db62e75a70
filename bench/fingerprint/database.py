"""The PostgreSQL form of the index, timed in a schema of its own that is dropped afterwards."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from bench.fingerprint.corpus import Stretch, audio
from bench.fingerprint.scale import measure
from safeguards.fingerprint import extract
from safeguards.fingerprint.postgres import FingerprintTables
from safeguards.fingerprint.segment import Segment

_SCHEMA = "bench_fingerprint"


def measured_database(
    address: str, part: Segment, targets: list[Stretch], queries: list[tuple[str, str, bytes]], size: int
) -> dict[str, Any]:
    """As ``scale.measure``, over a store's segment of ``size`` records and the targets."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"drop schema if exists {_SCHEMA} cascade")
        connection.execute(f"create schema {_SCHEMA}")
        try:
            connection.execute(f"set search_path to {_SCHEMA}")
            tables = FingerprintTables(connection)
            tables.create()
            start = time.perf_counter()
            tables.take(part)
            for number, clip in enumerate(targets):
                tables.add(f"clip-{number}", extract(audio(clip.samples)))
            while tables.file():
                pass
            built = time.perf_counter() - start
            connection.execute("cluster fingerprint_cell using fingerprint_cell_cell")
            connection.execute("analyze fingerprint_cell")
            connection.execute("analyze fingerprint_record")
            row = connection.execute(
                "select sum(pg_total_relation_size(c.oid))::bigint from pg_class c join pg_namespace n on n.oid = "
                "c.relnamespace where n.nspname = %s and c.relkind = 'r'",
                (_SCHEMA,),
            ).fetchone()
            measured = measure(tables, queries, size, "PostgreSQL")
            return {**measured, "build_s": built, "bytes_on_disk": int(row[0]) if row else 0}
        finally:
            connection.execute(f"drop schema {_SCHEMA} cascade")
