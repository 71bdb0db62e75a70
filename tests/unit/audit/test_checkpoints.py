"""Signing, exporting and handing over: when, what, and what is refused."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test import TestCase

from safeguards.audit import bundle, checkpoints, export, log, logkeys, proofs, triggers
from safeguards.audit.checkpoint import SignedHead
from safeguards.audit.errors import LogInconsistent, NothingSigned
from safeguards.audit.events import EventType
from safeguards.audit.models import Checkpoint, Entry, LogKey
from safeguards.audit.note import NoteKey
from safeguards.audit.verdict import Assurance
from safeguards.audit.verify import verify_bundle

AT = datetime(2026, 11, 21, tzinfo=UTC)
OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_log(settings: Any) -> None:
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [OLD]
    settings.VIVAVOCE_LOG_ORIGIN = "log.test/a"
    settings.VIVAVOCE_CHECKPOINT_EVERY = 10


def grow(count: int, event: EventType = EventType.CHALLENGE_ISSUED, at: datetime = AT) -> None:
    for _ in range(count):
        with TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
            log.append(event, actor="account:a1", subject="challenge:1", at=at)


def create() -> Checkpoint:
    """Sign, and do what follows a commit: the test's own transaction never commits."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return checkpoints.checkpoint_create()


def rotate() -> Checkpoint:
    """Hand over to the next key, and do what follows a commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return checkpoints.log_key_rotate(actor="account:op1")


def exported(settings: Any) -> list[str]:
    return sorted(path.name for path in Path(settings.VIVAVOCE_CHECKPOINT_DIR).iterdir())


def own_key() -> NoteKey:
    return logkeys.published()[0][0]


def tamper(index: int) -> None:
    """What somebody with the database password can do: lift the guard, change a row with its hash, put the guard back."""
    triggers.remove(connection)
    try:
        Entry.objects.filter(index=index).update(leaf=b"{}", leaf_hash=bytes(32))
    finally:
        triggers.install(connection)


def test_a_checkpoint_signs_the_root_and_lies_outside_the_database(settings: Any) -> None:
    grow(3)
    checkpoint = create()
    assert (checkpoint.size, bytes(checkpoint.root)) == (3, proofs.root(3))
    signed = SignedHead.parse((Path(settings.VIVAVOCE_CHECKPOINT_DIR) / f"{3:020d}.checkpoint").read_bytes())
    assert signed.head.root == proofs.root(3)
    assert signed.verified_by([own_key()])


def test_a_log_that_did_not_grow_is_not_signed_again() -> None:
    grow(3)
    assert create() == create()
    assert Checkpoint.objects.count() == 1


def test_an_empty_log_can_be_signed() -> None:
    assert create().size == 0
    assert not checkpoints.checkpoint_due()


def test_a_checkpoint_is_due_by_count_or_age(settings: Any) -> None:
    now = AT + timedelta(seconds=59)
    assert not checkpoints.checkpoint_due(now=now)
    grow(1)
    assert not checkpoints.checkpoint_due(now=now)
    assert checkpoints.checkpoint_due(now=AT + timedelta(seconds=60))
    grow(9)
    assert checkpoints.checkpoint_due(now=now)
    create()
    assert not checkpoints.checkpoint_due(now=AT + timedelta(days=1))


def test_a_revocation_is_signed_at_once() -> None:
    grow(2)
    assert checkpoints.checkpoint_latest() is None
    grow(1, EventType.CONSENT_WITHDRAWN)
    latest = checkpoints.checkpoint_latest()
    assert latest is not None
    assert latest.size == 3


def test_a_revocation_stands_even_where_it_cannot_be_signed(settings: Any) -> None:
    settings.VIVAVOCE_LOG_SIGNING_KEYS = []
    grow(1, EventType.VOICE_REVOKED)
    assert Entry.objects.count() == 1
    assert checkpoints.checkpoint_due(now=AT)
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [OLD]
    assert create().size == 1


@pytest.mark.django_db(transaction=True)
def test_entries_that_may_still_be_rolled_back_are_not_signed() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        checkpoints.checkpoint_create()


def test_a_lost_export_is_made_up(settings: Any) -> None:
    grow(1)
    create()
    grow(1)
    create()
    first = Path(settings.VIVAVOCE_CHECKPOINT_DIR) / f"{1:020d}.checkpoint"
    first.unlink()
    create()
    assert first.exists()
    assert export.export_missing() == 0
    assert len(exported(settings)) == 2


def test_a_changed_signed_entry_is_named_by_the_verifier() -> None:
    grow(3)
    create()
    grow(1)
    tamper(1)
    out = io.StringIO()
    bundle.export_log(out)
    assert verify_bundle(io.StringIO(out.getvalue()), keys=[own_key()]).first_bad == 1


def test_a_changed_unsigned_entry_is_not_signed() -> None:
    grow(3)
    create()
    grow(2)
    tamper(4)
    with pytest.raises(LogInconsistent, match="entry 4"):
        create()


def test_a_changed_tree_is_not_signed() -> None:
    grow(3)
    create()
    tamper(2)
    grow(1)
    with pytest.raises(LogInconsistent, match="signed at size 3"):
        create()


def test_a_log_set_back_behind_an_exported_checkpoint_is_not_signed(settings: Any, tmp_path: Path) -> None:
    grow(2)
    elsewhere = settings.VIVAVOCE_CHECKPOINT_DIR
    checkpoint = create()
    later = SignedHead.parse(checkpoint.note.encode())
    assert later.head.size == 2
    grow(1)
    # The same entries in another order of time: an older backup that went on differently.
    (elsewhere / f"{9:020d}.checkpoint").write_text(checkpoint.note.replace("\n2\n", "\n9\n"))
    with pytest.raises(LogInconsistent, match="exported checkpoint of size 9"):
        create()


def test_two_roots_for_one_size_are_an_alarm(settings: Any) -> None:
    grow(1)
    checkpoint = create()
    other = Checkpoint(size=1, root=bytes(32), note=checkpoint.note, at=AT)
    with pytest.raises(LogInconsistent, match="two histories"):
        export.export_checkpoint(other)


def test_the_name_of_a_log_does_not_change(settings: Any) -> None:
    grow(1)
    create()
    grow(1)
    settings.VIVAVOCE_LOG_ORIGIN = "log.test/b"
    with pytest.raises(LogInconsistent, match=r"log\.test/a"):
        create()


def test_another_key_does_not_sign_without_a_rotation(settings: Any) -> None:
    grow(1)
    create()
    grow(1)
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [NEW]
    with pytest.raises(logkeys.LogKeyMissing, match="not configured"):
        create()
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [NEW, OLD]
    assert SignedHead.parse(create().note.encode()).verified_by([own_key()])


@pytest.mark.parametrize("keys", [["not base64!"], [base64.b64encode(b"short").decode()]])
def test_a_key_of_another_form_is_a_configuration_error(settings: Any, keys: list[str]) -> None:
    settings.VIVAVOCE_LOG_SIGNING_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        logkeys.configured()


def test_a_key_hands_over_under_both_signatures(settings: Any) -> None:
    grow(3)
    create()
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [NEW, OLD]
    checkpoint = rotate()
    (old, start), (new, since) = logkeys.published()
    assert (checkpoint.size, start, since) == (4, 0, 4)
    assert SignedHead.parse(checkpoint.note.encode()).verified_by([old, new]) == [old, new]
    assert Entry.objects.get(index=3).body == {"old": str(old), "new": str(new)}
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [NEW]
    grow(2)
    last = SignedHead.parse(create().note.encode())
    assert last.verified_by([new]) == [new]
    assert bundle.key_file().count("log.test/a+") == 2


def test_a_key_is_not_rotated_to_itself_or_to_a_used_one(settings: Any) -> None:
    grow(1)
    create()
    with pytest.raises(ValueError, match="used before"):
        rotate()
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [NEW, OLD]
    rotate()
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [OLD, NEW]
    with pytest.raises(ValueError, match="used before"):
        rotate()
    assert LogKey.objects.count() == 2


def test_an_exported_log_verifies_across_a_rotation_with_either_key(settings: Any) -> None:
    grow(7)
    kept = SignedHead.parse(create().note.encode())
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [NEW, OLD]
    rotate()
    grow(5)
    create()
    out = io.StringIO()
    assert bundle.export_log(out) == 13
    for key, _ in logkeys.published():
        report = verify_bundle(io.StringIO(out.getvalue()), keys=[key], anchors=[kept])
        assert report.ok, report.as_text()
        assert report.coverage[Assurance.SIGNED] == 13
    assert verify_bundle(io.StringIO(out.getvalue()), keys=[own_key()], anchors=[kept]).assurance is Assurance.ANCHORED


def test_single_entries_are_proven_across_a_rotation(settings: Any) -> None:
    grow(7)
    kept = SignedHead.parse(create().note.encode())
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [NEW, OLD]
    rotate()
    grow(5)
    create()
    out = io.StringIO()
    indexes = bundle.subject_indexes("challenge:1")
    assert len(indexes) == 12
    assert bundle.export_entries(out, indexes, since=[7]) == 12
    text = out.getvalue()
    report = verify_bundle(io.StringIO(text), keys=[own_key()], anchors=[kept])
    assert report.ok, report.as_text()
    assert report.assurance is Assurance.ANCHORED
    broken = verify_bundle(io.StringIO(text.replace("account:a1", "account:b1", 1)), keys=[own_key()])
    assert broken.first_bad == 0


def test_an_older_checkpoint_can_be_exported() -> None:
    grow(3)
    create()
    grow(3)
    create()
    out = io.StringIO()
    assert bundle.export_log(out, size=3) == 3
    assert verify_bundle(io.StringIO(out.getvalue()), keys=[own_key()]).ok


def test_nothing_is_exported_before_it_is_signed() -> None:
    grow(3)
    with pytest.raises(NothingSigned):
        bundle.export_log(io.StringIO())
    create()
    grow(1)
    with pytest.raises(NothingSigned, match="entry 3"):
        bundle.export_entries(io.StringIO(), [3])
    with pytest.raises(NothingSigned):
        bundle.export_log(io.StringIO(), size=2)
