"""The live tables against themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TestCase

from safeguards.audit import checkpoints, log, selfcheck, triggers
from safeguards.audit.events import EventType
from safeguards.audit.models import Checkpoint, Entry, Node

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _log(db: None) -> None:
    for _ in range(6):
        with transaction.atomic():
            log.append(EventType.CHALLENGE_ISSUED, actor="account:a1", subject="challenge:1")
    with TestCase.captureOnCommitCallbacks(execute=True):
        checkpoints.checkpoint_create()


def unguarded(change: Callable[[], Any]) -> list[str]:
    triggers.remove(connection)
    try:
        change()
    finally:
        triggers.install(connection)
    return list(selfcheck.problems())


def test_a_sound_log_has_no_problems() -> None:
    assert list(selfcheck.problems()) == []


def test_missing_triggers_are_reported() -> None:
    triggers.remove(connection)
    try:
        assert len(list(selfcheck.problems())) == len(triggers.names(connection.vendor))
    finally:
        triggers.install(connection)


@pytest.mark.parametrize(
    "fields",
    [
        {"actor": "account:b1"},
        {"subject": "challenge:2"},
        {"type": 999},
        {"world": "sandbox"},
        {"at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_column_that_contradicts_its_leaf_is_reported(fields: dict[str, Any]) -> None:
    found = unguarded(lambda: Entry.objects.filter(index=2).update(**fields))
    assert found == ["The look-up columns of entry 2 do not repeat its leaf: trust the leaf."]


def test_an_edited_leaf_and_its_checkpoint_are_reported() -> None:
    found = unguarded(lambda: Entry.objects.filter(index=2).update(leaf=b"{}"))
    assert [sentence.split(":")[0] for sentence in found] == [
        "Entry 2 was edited",
        "The entries do not give the root of checkpoint 6",
    ]


def test_a_missing_entry_is_reported() -> None:
    assert unguarded(lambda: Entry.objects.filter(index=3).delete()) == ["Entry 3 is missing: entry 4 follows."]


def test_a_changed_or_missing_node_is_reported() -> None:
    found = unguarded(lambda: Node.objects.filter(level=2).update(hash=bytes(32)))
    assert "audit_node were changed" in found[0]
    assert "lacks node 2/0" in unguarded(lambda: Node.objects.filter(level=2).delete())[0]


def test_a_log_shorter_than_its_export_is_reported() -> None:
    def cut() -> None:
        Checkpoint.objects.all().delete()
        Entry.objects.filter(index__gte=4).delete()
        Node.objects.filter(level=1, index=2).delete()

    assert unguarded(cut) == [f"{6:020d}.checkpoint covers 6 entries, the log has 4: entries are missing."]


def test_an_export_with_another_root_is_reported(settings: Any) -> None:
    note = Checkpoint.objects.get(pk=6).note.replace("\n6\n", "\n5\n")
    (Path(settings.VIVAVOCE_CHECKPOINT_DIR) / f"{5:020d}.checkpoint").write_text(note)
    assert "history was rewritten" in next(selfcheck.problems())
