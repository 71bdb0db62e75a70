"""Appending: what is stored, what is refused, and that the database itself refuses to change it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.db.models import F

from safeguards.audit import log, merkle, proofs, tree, triggers
from safeguards.audit.events import EventType
from safeguards.audit.leaf import PREV_OF_FIRST, parse_leaf
from safeguards.audit.models import Checkpoint, Entry, LogKey, Node

AT = datetime(2026, 11, 21, tzinfo=UTC)


def append(number: int = 0, **fields: Any) -> Entry:
    with transaction.atomic():
        return log.append(
            EventType.CHALLENGE_ISSUED,
            **{"actor": "account:a1", "subject": f"challenge:{number}", "body": {"n": number}, "at": AT} | fields,
        )


@pytest.mark.django_db
def test_entries_are_numbered_linked_and_hashed_as_a_tree() -> None:
    frontier = merkle.Frontier()
    previous = PREV_OF_FIRST
    for number in range(37):
        entry = append(number)
        record = parse_leaf(bytes(entry.leaf))
        assert (entry.index, record.index, record.prev) == (number, number, previous)
        previous = bytes(entry.leaf_hash).hex()
        frontier.append(merkle.leaf_hash(bytes(entry.leaf)))
        assert proofs.root() == frontier.root()
    assert tree.size() == 37
    assert Node.objects.count() == 37 - (37).bit_count()


@pytest.mark.django_db
def test_stored_nodes_prove_every_entry_and_every_growth() -> None:
    leaves = [bytes(append(number).leaf_hash) for number in range(21)]
    roots = [proofs.root(size) for size in range(22)]
    assert roots[0] == merkle.EMPTY_ROOT
    for size in range(1, 22):
        for index in range(size):
            merkle.verify_inclusion(index, size, leaves[index], proofs.inclusion_proof(index, size), roots[size])
        for old in range(size + 1):
            merkle.verify_consistency(old, size, proofs.consistency_proof(old, size), roots[old], roots[size])


@pytest.mark.django_db
def test_a_proof_beyond_the_log_is_unavailable() -> None:
    append()
    for call in (
        lambda: proofs.root(2),
        lambda: proofs.inclusion_proof(1, 1),
        lambda: proofs.inclusion_proof(0, 2),
        lambda: proofs.inclusion_proof(-1, 1),
        lambda: proofs.consistency_proof(0, 2),
        lambda: proofs.consistency_proof(-1, 1),
    ):
        with pytest.raises(proofs.ProofUnavailable):
            call()


@pytest.mark.django_db
def test_a_proof_reads_few_rows_whatever_the_size(django_assert_max_num_queries: Any) -> None:
    for number in range(33):
        append(number)
    with django_assert_max_num_queries(3):
        proofs.inclusion_proof(17, 33)
    with django_assert_max_num_queries(3):
        proofs.consistency_proof(17, 33)


@pytest.mark.django_db
def test_an_entry_shows_its_record() -> None:
    entry = append(3, world="sandbox")
    assert entry.body == {"n": 3}
    assert entry.record["world"] == "sandbox"
    assert str(entry) == "entry 0"


@pytest.mark.django_db(transaction=True)
def test_an_entry_cannot_be_appended_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        log.append(EventType.CHALLENGE_ISSUED, actor="system", subject="challenge:1")


@pytest.mark.django_db(transaction=True)
def test_an_entry_vanishes_with_the_transaction_it_records() -> None:
    append()

    def fail_after_appending() -> None:
        with transaction.atomic():
            log.append(EventType.CHALLENGE_ISSUED, actor="system", subject="challenge:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_appending()
    assert append().index == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"body": {"score": 0.5}}, TypeError),
        ({"body": {"text": "x" * 513}}, ValueError),
        ({"body": {"number": 2**60}}, ValueError),
        ({"actor": "ada@example.org"}, ValueError),
        ({"subject": "Ada Lovelace"}, ValueError),
        ({"world": "demo"}, ValueError),
        ({"at": datetime(2026, 1, 1)}, ValueError),  # noqa: DTZ001 (the fault under test)
    ],
)
def test_what_does_not_belong_in_the_log_leaves_no_entry(fields: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        append(**fields)
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(ValueError, match="99999"), transaction.atomic():
        log.append(99999, actor="system", subject="x:1")  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_key_rotation_is_not_recorded_by_hand() -> None:
    """The verifier retires the old key at such an entry, so a stray one would make every later checkpoint worthless."""
    with pytest.raises(ValueError, match="log_key_rotate"), transaction.atomic():
        log.append(EventType.LOG_KEY_ROTATED, actor="system", subject="log:key")


def fill() -> None:
    for number in range(3):
        append(number)
    Checkpoint.objects.create(size=3, root=bytes(32), note="x", at=AT)
    LogKey.objects.create(vkey="a+b+c", from_size=0, added_at=AT)


@pytest.mark.django_db
def test_the_orm_cannot_update_or_delete() -> None:
    fill()
    attempts = [
        lambda: Entry.objects.update(actor="x"),
        lambda: Entry.objects.filter(index=0).update(index=F("index") + 10),
        lambda: Entry.objects.filter(index=2).delete(),
        lambda: Entry.objects.all().delete(),
        lambda: Entry.objects.get(index=0).delete(),
        lambda: Entry.objects.get(index=0).save(),
        lambda: Entry.objects.bulk_update([Entry(index=0, actor="x")], ["actor"]),
        lambda: Node.objects.update(hash=bytes(32)),
        lambda: Node.objects.all().delete(),
        lambda: Checkpoint.objects.update(note="y"),
        lambda: Checkpoint.objects.all().delete(),
        lambda: LogKey.objects.update(from_size=9),
        lambda: LogKey.objects.all().delete(),
    ]
    for attempt in attempts:
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            attempt()
    assert Entry.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("table", triggers.TABLES)
def test_sql_cannot_update_delete_replace_or_truncate(table: str) -> None:
    fill()
    column = {"audit_entry": "actor", "audit_node": "hash", "audit_checkpoint": "note", "audit_logkey": "vkey"}[table]
    statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
    if connection.vendor == "sqlite":
        statements += [
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
            f"UPDATE OR IGNORE {table} SET {column} = {column}",
        ]
    if connection.vendor == "postgresql":
        key = {"audit_entry": '"index"', "audit_node": '"level", "index"', "audit_checkpoint": "size"}.get(table, "id")
        statements += [
            f"TRUNCATE {table}",
            f"TRUNCATE {table} CASCADE",
            f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = EXCLUDED.{column}",
            f"WITH gone AS (DELETE FROM {table} RETURNING *) SELECT * FROM gone",
        ]
    for sql in statements:
        with pytest.raises(Error, match=r"append-only|no gaps"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.django_db
@pytest.mark.parametrize("index", [0, 2, 4, 99])
def test_an_entry_fits_only_at_the_end(index: int) -> None:
    fill()
    row = Entry(index=index, type=1, at=AT, actor="a", subject="s", world="live", leaf=b"x", leaf_hash=bytes(32))
    with pytest.raises(Error, match=r"append-only|no gaps"), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db
def test_a_lifted_guard_is_noticed() -> None:
    assert triggers.missing(connection) == set()
    triggers.remove(connection)
    try:
        assert triggers.missing(connection) == triggers.names(connection.vendor)
    finally:
        triggers.install(connection)
    assert triggers.missing(connection) == set()


def test_a_database_without_triggers_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        triggers.statements("mysql")


@pytest.mark.django_db
def test_a_missing_node_is_an_error_and_not_a_wrong_root() -> None:
    for number in range(4):
        append(number)
    with pytest.raises(LookupError, match="1/5"):
        tree.stored_nodes([(1, 5)])
