"""Misuse 19: a log edited, deleted from, inserted into, swapped, truncated, rehashed. The verifier finds it and names the index.

Each attack is tried at the first, a middle, the last but one and the last entry, and with the means that an attacker adds step by step:
the bare change, the change with its stored hash, the change with every later link, and with unsigned or self-signed checkpoints.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from safeguards.audit.checkpoint import SignedHead, sign
from safeguards.audit.note import Note, NoteKey, cosignature
from safeguards.audit.verdict import Assurance, Fault, Report
from safeguards.audit.verify import main, verify_bundle
from safeguards.crypto.keys import NOTE_COSIGNATURE, SigningKey
from tests.fakes.log_operator import LogOperator, make_row

ROOT = Path(__file__).resolve().parents[2]
SIZE = 20
PLACES = [0, 9, SIZE - 2, SIZE - 1]


@pytest.fixture
def operator() -> LogOperator:
    """Twenty entries, a checkpoint after every fifth."""
    return LogOperator().grow(SIZE, checkpoint_every=5)


def only(report: Report) -> tuple[Fault, int | None, int | None]:
    assert not report.ok
    assert len(report.problems) == 1
    problem = report.problems[0]
    assert problem.advice
    return problem.fault, problem.first, problem.last


def test_an_untouched_log_verifies_and_says_how_much_that_means(operator: LogOperator) -> None:
    kept = SignedHead.parse(operator.notes[1].encode())
    assert operator.verify(keys=()).assurance is Assurance.CHAIN_ONLY
    assert operator.verify().assurance is Assurance.SIGNED
    report = operator.verify(anchors=(kept,))
    assert report.assurance is Assurance.ANCHORED
    assert report.coverage == {Assurance.SIGNED: 20, Assurance.ANCHORED: 10}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("with_key", [True, False])
def test_an_edited_row_is_named(operator: LogOperator, place: int, with_key: bool) -> None:
    operator.rows[place]["leaf"] = operator.rows[place]["leaf"].replace('"a1', '"b1').replace(":a1", ":b1")
    report = operator.verify() if with_key else operator.verify(keys=())
    assert only(report) == (Fault.EDITED, place, None)


@pytest.mark.parametrize("place", PLACES[:-2])
@pytest.mark.parametrize("with_key", [True, False])
def test_an_edited_row_with_a_fitting_hash_is_named_by_the_next_link(
    operator: LogOperator, place: int, with_key: bool
) -> None:
    operator.rewrite(place, actor="account:b1")
    report = operator.verify() if with_key else operator.verify(keys=())
    assert only(report)[:2] == (Fault.EDITED, place)


def test_the_last_two_rows_edited_with_a_fitting_hash_are_told_apart_only_by_checkpoints(operator: LogOperator) -> None:
    operator.rewrite(SIZE - 2, actor="account:b1")
    assert only(operator.verify()) == (Fault.EDITED, SIZE - 2, SIZE - 1)
    operator.notes.clear()
    again = LogOperator().grow(SIZE - 2)
    again.checkpoint()
    again.grow(1)
    again.checkpoint()
    again.grow(1)
    again.checkpoint()
    again.rewrite(SIZE - 1, actor="account:b1")
    assert only(again.verify()) == (Fault.REWRITTEN, SIZE - 1, SIZE - 1)


def test_an_edited_link_is_blamed_on_its_own_row(operator: LogOperator) -> None:
    operator.rewrite(7, prev="ab" * 32)
    assert only(operator.verify()) == (Fault.EDITED, 7, None)


def test_an_edited_link_right_after_a_checkpoint_is_blamed_on_its_own_row(operator: LogOperator) -> None:
    operator.rewrite(10, prev="ab" * 32)
    operator.rewrite(11, prev=operator.rows[10]["hash"])
    assert only(operator.verify()) == (Fault.EDITED, 10, None)


@pytest.mark.parametrize("place", PLACES[:-1])
@pytest.mark.parametrize("count", [1, 2])
def test_a_deleted_row_is_named(operator: LogOperator, place: int, count: int) -> None:
    del operator.rows[place : place + count]
    fault, first, _ = only(operator.verify())
    expected = Fault.DELETED if place + count < SIZE else Fault.TRUNCATED
    assert (fault, first) == (expected, place)


def test_a_deleted_row_with_renumbered_followers_is_named(operator: LogOperator) -> None:
    del operator.rows[9]
    for place in range(9, len(operator.rows)):
        operator.rewrite(place, index=place)
    assert only(operator.verify())[1] == 9


@pytest.mark.parametrize("place", PLACES)
def test_an_inserted_row_is_named(operator: LogOperator, place: int) -> None:
    forged = LogOperator(seed=9)
    forged.rows = operator.rows[:place]
    forged.append(405)
    operator.rows.insert(place, forged.rows[place])
    last = place + 1 if place == SIZE - 1 else None
    assert only(operator.verify()) == (Fault.INSERTED, place, last)


def test_a_repeated_row_is_named(operator: LogOperator) -> None:
    operator.rows.insert(9, operator.rows[3])
    assert only(operator.verify()) == (Fault.INSERTED, 9, None)


def test_rows_appended_after_the_signed_end_are_named(operator: LogOperator) -> None:
    operator.rows.append(operator.rows[3])
    assert only(operator.verify()) == (Fault.INSERTED, SIZE, None)


@pytest.mark.parametrize("place", [0, 9, SIZE - 2])
def test_swapped_rows_are_named(operator: LogOperator, place: int) -> None:
    rows = operator.rows
    rows[place], rows[place + 1] = rows[place + 1], rows[place]
    assert only(operator.verify()) == (Fault.SWAPPED, place, place + 1)


def test_rows_swapped_over_a_distance_are_named(operator: LogOperator) -> None:
    rows = operator.rows
    rows[4], rows[12] = rows[12], rows[4]
    assert only(operator.verify())[1] == 4


def test_swapped_contents_with_kept_indexes_are_found_with_the_span_they_may_reach(operator: LogOperator) -> None:
    """Both rows hash well and nothing outside vouches for either: the second is shown to be bad, the first is in doubt."""
    one, two = operator.record(8), operator.record(9)
    operator.rewrite(8, **{**two, "index": 8, "prev": one["prev"]})
    operator.rewrite(9, **{**one, "index": 9, "prev": two["prev"]})
    problem = operator.verify().problems[0]
    assert (problem.first, problem.unproven_from) == (9, 5)


@pytest.mark.parametrize("kept", [0, 1, 10, SIZE - 1])
def test_a_truncated_log_is_named_at_its_new_end(operator: LogOperator, kept: int) -> None:
    del operator.rows[kept:]
    assert only(operator.verify()) == (Fault.TRUNCATED, kept, (kept // 5 + 1) * 5 - 1)


def test_truncation_with_its_checkpoints_is_seen_by_who_kept_one(operator: LogOperator) -> None:
    kept = SignedHead.parse(operator.notes[-1].encode())
    del operator.rows[10:]
    del operator.notes[2:]
    assert operator.verify().ok
    assert only(operator.verify(anchors=(kept,))) == (Fault.TRUNCATED, 10, SIZE - 1)


@pytest.mark.parametrize("place", PLACES)
def test_a_history_rewritten_with_all_hashes_is_bounded_by_the_checkpoints(operator: LogOperator, place: int) -> None:
    operator.rewrite(place, actor="account:b1")
    operator.relink(place + 1)
    fault, first, last = only(operator.verify())
    assert fault is Fault.REWRITTEN
    assert first is not None
    assert last is not None
    assert first == place // 5 * 5 <= place <= last == place // 5 * 5 + 4


def test_checkpoints_at_each_entry_name_a_rewritten_row_exactly() -> None:
    operator = LogOperator().grow(8, checkpoint_every=1)
    operator.rewrite(5, actor="account:b1")
    operator.relink(6)
    assert only(operator.verify()) == (Fault.REWRITTEN, 5, 5)


def test_a_rewritten_history_signed_by_another_key_is_found(operator: LogOperator) -> None:
    genuine = operator.note_key
    operator.rewrite(9, actor="account:b1")
    operator.relink(10)
    operator.key = SigningKey.from_bytes(bytes(32))
    operator.notes.clear()
    operator.checkpoint()
    assert only(operator.verify(keys=(genuine,)))[0] is Fault.NOT_SIGNED


def test_a_checkpoint_rewritten_under_the_old_signature_is_found(operator: LogOperator) -> None:
    operator.rewrite(9, actor="account:b1")
    operator.relink(10)
    signature = Note.parse(operator.notes[-1].encode()).signatures
    operator.notes = [Note(operator.head().text(), signature).to_bytes().decode()]
    fault, first, last = only(operator.verify())
    assert (fault, first, last) == (Fault.CHECKPOINT_FORGED, 0, SIZE - 1)


def test_only_an_anchor_finds_a_history_rewritten_by_the_holder_of_the_key(operator: LogOperator) -> None:
    """What no signature can show: the operator itself signs a second history. Who kept a checkpoint sees it."""
    kept = SignedHead.parse(operator.notes[1].encode())
    operator.rewrite(7, actor="account:b1")
    operator.relink(8)
    operator.notes.clear()
    operator.checkpoint()
    assert operator.verify().assurance is Assurance.SIGNED
    fault, first, last = only(operator.verify(anchors=(kept,)))
    assert fault is Fault.REWRITTEN
    assert (first, last) == (0, 9)


def test_an_anchor_of_another_log_or_key_is_not_accepted(operator: LogOperator) -> None:
    other = LogOperator(origin="log.test/b").grow(5)
    assert only(operator.verify(anchors=(other.checkpoint(),)))[0] is Fault.CHECKPOINT_FORGED
    impostor = sign(operator.head(10), [SigningKey.from_bytes(bytes(32))])
    assert Assurance.ANCHORED not in operator.verify(anchors=(impostor,)).coverage


def test_old_and_new_key_verify_one_history_across_a_rotation() -> None:
    operator = LogOperator().grow(5, checkpoint_every=5)
    old = operator.note_key
    operator.rotate(2)
    operator.grow(4)
    operator.checkpoint()
    for keys in [(old,), (operator.note_key,), (old, operator.note_key)]:
        report = operator.verify(keys=keys)
        assert report.ok, report.as_text()
        assert report.coverage[Assurance.SIGNED] == 10


def test_a_retired_key_cannot_sign_new_history() -> None:
    operator = LogOperator().grow(5, checkpoint_every=5)
    old, retired = operator.note_key, operator.key
    operator.rotate(2)
    operator.grow(4)
    operator.checkpoint(retired)
    assert only(operator.verify(keys=(old,))) == (Fault.NOT_SIGNED, 6, 9)


def test_a_new_key_line_without_a_leaf_that_the_old_key_signed_is_not_trusted() -> None:
    operator = LogOperator().grow(5)
    old, intruder = operator.note_key, SigningKey.from_bytes(bytes(32))
    operator.checkpoint(operator.key, intruder)
    operator.grow(3)
    operator.checkpoint(intruder)
    assert only(operator.verify(keys=(old,))) == (Fault.NOT_SIGNED, 5, 7)


def test_a_rotation_signed_by_the_new_key_alone_is_not_followed() -> None:
    operator = LogOperator().grow(5, checkpoint_every=5)
    old = operator.note_key
    operator.rotate(2)
    operator.notes.pop()
    operator.checkpoint()
    operator.grow(2)
    operator.checkpoint()
    assert only(operator.verify(keys=(old,))) == (Fault.NOT_SIGNED, 5, 7)


def test_a_witness_raises_the_assurance(operator: LogOperator) -> None:
    witness = SigningKey.from_bytes(b"w" * 32)
    vkey = NoteKey("witness.test/w1", witness.verify_key, NOTE_COSIGNATURE)
    note = Note.parse(operator.notes[-1].encode())
    line = cosignature(note.text, "witness.test/w1", witness, 1_700_000_000)
    operator.notes[-1] = Note(note.text, (*note.signatures, line)).to_bytes().decode()
    bundle = io.StringIO(operator.bundle())
    report = verify_bundle(bundle, keys=[operator.note_key], witnesses=[vkey])
    assert report.assurance is Assurance.WITNESSED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "vivavoce-log/9"}, "format"),
        ({"kind": "other"}, "kind"),
        ({"size": True}, "size"),
        ({"size": -1}, "size"),
        ({"checkpoints": "x"}, "checkpoints"),
        ({"checkpoints": ["x"]}, "signature block"),
        ({"origin": 5}, "origin"),
    ],
)
def test_a_bundle_of_another_form_is_refused(operator: LogOperator, changes: dict[str, object], words: str) -> None:
    report = verify_bundle(io.StringIO(operator.bundle(**changes)), keys=[operator.note_key])
    assert only(report)[0] is Fault.UNREADABLE
    assert words in report.as_text()


@pytest.mark.parametrize(
    "row", [{}, {"leaf": 5, "hash": None}, {"leaf": "{}", "hash": "zz"}, {"leaf": "\ud800", "hash": ""}]
)
def test_a_row_of_another_form_is_named(operator: LogOperator, row: dict[str, str]) -> None:
    operator.rows[4] = row
    assert only(operator.verify()) == (Fault.EDITED, 4, None)


def test_a_row_that_is_no_record_is_named_though_its_hash_fits(operator: LogOperator) -> None:
    operator.rows[4] = make_row(b'{"not": "a record"}')
    assert only(operator.verify()) == (Fault.EDITED, 4, None)


def test_the_size_in_the_bundle_is_a_promise(operator: LogOperator) -> None:
    operator.notes.clear()
    report = verify_bundle(io.StringIO(operator.bundle(size=SIZE + 1)))
    assert only(report) == (Fault.TRUNCATED, SIZE, SIZE)


def write_files(operator: LogOperator, folder: Path) -> tuple[Path, Path, Path]:
    bundle, key, kept = folder / "bundle.json", folder / "log.vkey", folder / "kept.checkpoint"
    bundle.write_text(operator.bundle())
    key.write_text(f"# key of the log\n{operator.note_key}\n")
    kept.write_text(operator.notes[0])
    return bundle, key, kept


def test_the_command_needs_no_part_of_the_platform(operator: LogOperator, tmp_path: Path) -> None:
    """Run with site-packages reduced to ``cryptography``: Django and the rest must not be needed."""
    bundle, key, kept = write_files(operator, tmp_path)
    guard = (
        "import sys, runpy\n"
        "class Guard:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'django', 'celery', 'numpy', 'torch', 'psycopg', 'vivavoce', 'voices', 'synthesis'}:\n"
        "            raise ModuleNotFoundError('forbidden: ' + name)\n"
        "sys.meta_path.insert(0, Guard())\n"
        "sys.argv[0] = 'verify'\n"
        "runpy.run_module('safeguards.audit.verify', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", guard, str(bundle), "--key", str(key), "--checkpoint", str(kept), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["ok"], report["assurance"], report["entries"]) == (True, "anchored", SIZE)


def test_the_command_names_the_entry_and_what_to_do(
    operator: LogOperator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.rows[6]["leaf"] = operator.rows[6]["leaf"].replace(":a1", ":b1")
    bundle, key, _ = write_files(operator, tmp_path)
    assert main([str(bundle), "--key", str(key)]) == 1
    assert capsys.readouterr().out == (
        "FAILED\nEntry 6 was edited: it does not hash to its stored hash.\n"
        "Compare with an earlier export or a replica of the log, and find out who could write to the database then.\n"
    )
    assert main([str(bundle), "--key", str(key), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["first_bad"] == 6


def test_the_command_takes_a_pem_key_with_the_name_of_the_log(operator: LogOperator, tmp_path: Path) -> None:
    bundle, key, _ = write_files(operator, tmp_path)
    key.write_bytes(operator.key.verify_key.to_pem())
    assert main([str(bundle), "--key", str(key), "--origin", operator.origin]) == 0
    assert main([str(bundle), "--key", str(key)]) == 2
    assert main([str(bundle), "--key", str(key), "--origin", "log.test/b"]) == 1


def test_the_command_tells_an_unreadable_file_from_a_fault(
    operator: LogOperator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, key, _ = write_files(operator, tmp_path)
    huge = tmp_path / "huge"
    huge.write_bytes(bytes(1 << 21))
    for argv in (
        [str(tmp_path / "missing.json")],
        [str(bundle), "--key", str(tmp_path / "missing")],
        [str(bundle), "--key", str(bundle)],
        [str(bundle), "--key", str(huge)],
        [str(bundle), "--checkpoint", str(key)],
    ):
        assert main(argv) == 2
        assert "Nothing was verified" in capsys.readouterr().err


def test_the_command_reads_standard_input(operator: LogOperator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(operator.bundle()))
    assert main(["-"]) == 0
