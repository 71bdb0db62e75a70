"""The index in PostgreSQL: one row a record, and the entries of the coarse stage in rows of a cell each, packed as bytes.

A row of entries stays below a page, so that reading a cell is reading one or a few tuples. New records have ``filed = false`` and are
searched from memory until ``file`` writes their entries.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from psycopg import Connection

from safeguards.fingerprint.cells import COUNT, Entries, elect, filed, probed
from safeguards.fingerprint.index import FingerprintIndex
from safeguards.fingerprint.matching import Match, seconds
from safeguards.fingerprint.ranking import CANDIDATES, rank
from safeguards.fingerprint.record import Record
from safeguards.fingerprint.segment import Segment

ENTRIES_A_ROW: Final = 1_500  # 6 kB: below the page of 8 kB
BATCH: Final = 100_000  # records filed at a time

_TABLES: Final = """
create table if not exists fingerprint_record (
    place integer generated always as identity (minvalue 0) primary key,
    name text not null unique,
    data bytea not null,
    seconds real not null,
    filed boolean not null default false
);
alter table fingerprint_record alter column data set storage external;
create index if not exists fingerprint_record_unfiled on fingerprint_record (place) where not filed;
create table if not exists fingerprint_cell (
    cell integer not null,
    entries bytea not null
);
alter table fingerprint_cell alter column entries set storage plain;
create index if not exists fingerprint_cell_cell on fingerprint_cell (cell);
create table if not exists fingerprint_total (
    one boolean primary key default true check (one),
    seconds double precision not null
);
insert into fingerprint_total values (true, 0) on conflict do nothing;
"""


class FingerprintTables:
    """As ``FingerprintStore``, in a database. Transactions are the caller's.

    Args:
        connection: open; tables are looked up on its search path.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._fresh = FingerprintIndex()
        self._seen = -1

    def create(self) -> None:
        """Make the tables where they are missing."""
        self._connection.execute(_TABLES)

    def add(self, id: str, data: bytes) -> None:  # noqa: A002 - DESIGN's word
        """Add a record, replacing any of the same id.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        length = seconds(Record.from_bytes(data))
        self.remove(id)
        self._connection.execute(
            "insert into fingerprint_record (name, data, seconds) values (%s, %s, %s)", (id, data, length)
        )
        self._count(length)

    def remove(self, id: str) -> None:  # noqa: A002 - DESIGN's word
        """Forget a record; an unknown id changes nothing. Its entries stay until the cells are written anew, and name nothing."""
        gone = self._connection.execute(
            "delete from fingerprint_record where name = %s returning seconds", (id,)
        ).fetchone()
        self._fresh.remove(id)
        if gone is not None:
            self._count(-gone[0])

    def file(self) -> int:
        """Write the entries of records added since; returns how many records."""
        rows = self._connection.execute(
            "select place, data from fingerprint_record where not filed order by place limit %s", (BATCH,)
        ).fetchall()
        if not rows:
            return 0
        pairs = [filed(Record.from_bytes(data), place) for place, data in rows]
        cells, entries = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        order = np.argsort(cells, kind="stable")
        cells, entries = cells[order], entries[order].astype("<u4")
        starts = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]]))
        ends = np.concatenate([starts[1:], [len(cells)]])
        with self._connection.cursor().copy("copy fingerprint_cell (cell, entries) from stdin binary") as copy:
            copy.set_types(["int4", "bytea"])
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                for at in range(start, end, ENTRIES_A_ROW):
                    copy.write_row((int(cells[start]), entries[at : min(at + ENTRIES_A_ROW, end)].tobytes()))
        self._connection.execute(
            "update fingerprint_record set filed = true where place = any(%s)", ([place for place, _ in rows],)
        )
        self._fresh, self._seen = FingerprintIndex(), -1
        return len(rows)

    def take(self, part: Segment) -> None:
        """Copy a segment of a store into tables that are still empty, filed.

        Raises:
            ValueError: for tables that hold records.
        """
        if self._connection.execute("select 1 from fingerprint_record limit 1").fetchone():
            raise ValueError("a segment can only be copied into empty tables")
        with self._connection.cursor().copy(
            "copy fingerprint_record (place, name, data, seconds, filed) from stdin binary"
        ) as copy:
            copy.set_types(["int4", "text", "bytea", "float4", "bool"])
            for place in range(part.count):
                data = part.data(place)
                copy.write_row((place, part.name(place), data, seconds(Record.from_bytes(data)), True))
        self._connection.execute(
            "select setval(pg_get_serial_sequence('fingerprint_record', 'place'), %s)", (max(1, part.count),)
        )
        with self._connection.cursor().copy("copy fingerprint_cell (cell, entries) from stdin binary") as copy:
            copy.set_types(["int4", "bytea"])
            for cell in range(COUNT):
                entries = part.entries(cell).astype("<u4")
                for at in range(0, len(entries), ENTRIES_A_ROW):
                    copy.write_row((cell, entries[at : at + ENTRIES_A_ROW].tobytes()))
        self._count(part.seconds)

    def query(self, data: bytes, top: int = 5) -> list[Match]:
        """The ``top`` best records, least likely chance first; ``log10_p`` is against all records.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        wanted = Record.from_bytes(data)
        most = max(CANDIDATES, top)
        total = self._connection.execute("select seconds from fingerprint_total").fetchone()
        candidates = self._filed(wanted, most) + self._unfiled(wanted, most)
        return rank(wanted, candidates, float(total[0]) if total else 0.0, top)

    def _filed(self, wanted: Record, most: int) -> list[tuple[str, Record]]:
        cells, units = probed(wanted)
        lists: dict[int, list[Entries]] = {}
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(
                "select cell, entries from fingerprint_cell where cell = any(%s)", (np.unique(cells).tolist(),)
            )
            for cell, packed in cursor:
                lists.setdefault(cell, []).append(np.frombuffer(packed, dtype="<u4"))
            found = [
                (part, unit) for cell, unit in zip(cells.tolist(), units, strict=True) for part in lists.get(cell, ())
            ]
            places, _ = elect([part for part, _ in found], np.array([unit for _, unit in found], dtype=np.int64), most)
            cursor.execute("select name, data from fingerprint_record where filed and place = any(%s)", (places,))
            return [(name, Record.from_bytes(bytes(held))) for name, held in cursor]

    def _unfiled(self, wanted: Record, most: int) -> list[tuple[str, Record]]:
        rows = self._connection.execute(
            "select place, name, data from fingerprint_record where not filed and place > %s order by place",
            (self._seen,),
        ).fetchall()
        for place, name, data in rows:
            self._fresh.add(name, bytes(data))
            self._seen = place
        candidates = self._fresh.candidates(wanted, most)
        names = [name for name, _ in candidates]
        # Another connection may have removed or filed some meanwhile.
        held = self._connection.execute(
            "select name from fingerprint_record where not filed and name = any(%s)", (names,)
        ).fetchall()
        still = {row[0] for row in held}
        return [candidate for candidate in candidates if candidate[0] in still]

    def _count(self, length: float) -> None:
        self._connection.execute("update fingerprint_total set seconds = seconds + %s", (length,))
