"""Verifying a whole log: every leaf is hashed again, every checkpoint compared, the first bad entry named.

The plan, in this order:

(1) Walk the entries. Each must hash to the hash stored beside it, parse as a leaf, carry its place as ``index`` and the
    hash of the leaf before it as ``prev``. The first that does not ends the walk; the root at each checkpoint size
    passed so far is kept.
(2) Follow the key rotations found in the entries, as far as trusted keys signed them.
(3) Judge the checkpoints in order of size, the auditor's own among them: signature, then root. The last good one below
    the first fault proves all entries below it, which settles whether a broken link is the fault of the entry before it
    or after it.
(4) Name the fault. An entry broken by itself has an index. A history rewritten with all its hashes has only a range:
    from the last good checkpoint to the first that disagrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from . import merkle
from .checkpoint import SignedHead
from .leaf import PREV_OF_FIRST, Record, parse_leaf
from .note import NoteKey, NoteUnverified
from .trust import Rotation, Trust
from .verdict import Assurance, Fault, Problem, Report

RESTORE = "Compare with an earlier export or a replica of the log, and find out who could write to the database then."


@dataclass(frozen=True, slots=True)
class Row:
    """One exported entry as it was read."""

    leaf: bytes
    stored: bytes
    record: Record | None

    @property
    def hashed(self) -> merkle.Hash:
        """Hash of the leaf, computed here."""
        return merkle.leaf_hash(self.leaf)


def read_row(entry: Mapping[str, Any]) -> Row:
    """Read one element of ``entries``; a leaf that does not parse gives a row without a record."""
    leaf, stored = entry.get("leaf"), entry.get("hash")
    data = leaf.encode("utf-8", "surrogatepass") if isinstance(leaf, str) else b""
    try:
        record = parse_leaf(data)
    except ValueError:
        record = None
    try:
        digest = bytes.fromhex(stored) if isinstance(stored, str) else b""
    except ValueError:
        digest = b""
    return Row(data, digest, record)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """The rows at ``place - 1`` and ``place`` contradict each other, and other evidence must say which of them is at
    fault.

    ``vouched``: whether the row after them continues the second one; None when there is no such row.
    """

    place: int
    fault: Fault
    vouched: bool | None


@dataclass(slots=True)
class _Walk:
    """Where the walk ended and what it saw."""

    roots: dict[int, merkle.Hash]
    size: int = 0
    rotations: list[Rotation] = field(default_factory=list)
    problem: Problem | None = None
    doubt: _Doubt | None = None


def verify_log(
    entries: Iterable[Mapping[str, Any]],
    *,
    size: int,
    bundled: Sequence[SignedHead],
    anchors: Sequence[SignedHead],
    trust: Trust,
    report: Report,
) -> None:
    """Verify a whole log and write the outcome to ``report``.

    Args:
        entries: elements of the bundle, in order.
        size: number of entries the bundle claims.
        bundled: checkpoints that came with the bundle.
        anchors: checkpoints the auditor kept outside.
        trust: keys that count.
        report: filled in.
    """
    walk = _walk(iter(entries), {signed.head.size for signed in (*bundled, *anchors)})
    report.entries = walk.size
    _follow_rotations(walk, bundled, trust)
    judged = _Judge(walk, trust, report)
    judged.all(bundled, anchors)
    problem = _settle(walk, judged.good) or walk.problem
    if problem is None and walk.size < size:
        problem = _truncated(walk.size, size, "the bundle says so itself")
    if problem is not None:
        report.problems = _ordered(report.problems, problem)
    signed = report.coverage.get(Assurance.SIGNED, 0)
    if trust.any and not report.problems and (signed < walk.size or Assurance.SIGNED not in report.coverage):
        report.problems.append(_unsigned(signed, walk.size))


def _ordered(judged: list[Problem], found: Problem) -> list[Problem]:
    """Put a fault of single entries beside those of checkpoints, without saying the same thing twice."""
    kept = [other for other in judged if not _explains(found, other)]
    return sorted([*kept, found], key=lambda problem: -1 if problem.first is None else problem.first)


def _explains(found: Problem, judged: Problem) -> bool:
    """Whether a fault with an index lies in the range in which a checkpoint says that something is wrong."""
    if judged.fault not in {Fault.REWRITTEN, Fault.TRUNCATED}:
        return False
    if found.first is None or judged.first is None or judged.last is None:
        return False
    return judged.first <= found.first <= judged.last


def _unsigned(signed: int, size: int) -> Problem:
    if not signed:
        return Problem(
            Fault.NOT_SIGNED,
            "No checkpoint in the bundle is signed by a key of the key file.",
            "Check that the key file belongs to this log, or export again after the next checkpoint.",
        )
    return Problem(
        Fault.NOT_SIGNED,
        f"Entries {signed} to {size - 1} are not signed: no trusted checkpoint covers them.",
        "Ask for an export that ends at a checkpoint, and check that the key file names the log's present key.",
        signed,
        size - 1,
    )


def _walk(rows: Iterator[Mapping[str, Any]], sizes: set[int]) -> _Walk:
    frontier = merkle.Frontier()
    walk = _Walk({0: merkle.EMPTY_ROOT})
    before: Row | None = None
    for entry in rows:
        row = read_row(entry)
        walk.size = frontier.size
        walk.problem = _broken(row, frontier.size)
        if walk.problem is not None:
            return walk
        if not _in_place(walk, row, before, rows):
            return walk
        frontier.append(row.hashed)
        walk.size = frontier.size
        if frontier.size in sizes:
            walk.roots[frontier.size] = frontier.root()
        rotation = Rotation.from_record(row.record) if row.record else None
        if rotation is not None:
            walk.rotations.append(rotation)
        before = row
    return walk


def _broken(row: Row, place: int) -> Problem | None:
    """Faults that one row shows by itself."""
    if row.hashed != row.stored:
        return Problem(Fault.EDITED, f"Entry {place} was edited: it does not hash to its stored hash.", RESTORE, place)
    if row.record is None:
        message = f"Entry {place} was edited: it is not the canonical form of a record."
        return Problem(Fault.EDITED, message, RESTORE, place)
    return None


def _in_place(walk: _Walk, row: Row, before: Row | None, rows: Iterator[Mapping[str, Any]]) -> bool:
    """Whether a row stands at its index and continues the row before it; if not, the walk says why."""
    place = walk.size
    if row.record is None:
        raise RuntimeError("a row without a record reached the check of its place")
    index = row.record.index
    if index == place and row.record.prev == (PREV_OF_FIRST if before is None else before.hashed.hex()):
        return True
    follower = next((read_row(later) for later in islice(rows, 1)), None)
    vouched = None if follower is None else follower.record is not None and follower.record.prev == row.hashed.hex()
    if index == place:
        walk.doubt = _Doubt(place, Fault.EDITED, vouched)
    elif index == place - 1:
        walk.doubt = _Doubt(place, Fault.INSERTED, vouched)
    else:
        walk.problem = _misplaced(index, place, follower)
    return False


def _misplaced(index: int, place: int, follower: Row | None) -> Problem:
    if index < place:
        message = f"A row was inserted at entry {place}: a second entry {index} stands there."
        return Problem(Fault.INSERTED, message, RESTORE, place)
    if index == place + 1 and follower is not None and follower.record is not None and follower.record.index == place:
        return Problem(Fault.SWAPPED, f"Entries {place} and {place + 1} were swapped.", RESTORE, place, place + 1)
    span = f"Entry {place} was" if index == place + 1 else f"Entries {place} to {index - 1} were"
    return Problem(Fault.DELETED, f"{span} deleted: entry {index} stands in that place.", RESTORE, place, index - 1)


def _settle(walk: _Walk, good: int) -> Problem | None:
    """Two neighbours contradict each other. Which of them was touched?

    A checkpoint that covers the first clears it. Otherwise a next row that continues the second clears that one:
    whoever changed the second would have had to change the next as well.
    """
    if walk.doubt is None:
        return None
    place, fault = walk.doubt.place, walk.doubt.fault
    what = "edited and its hash with it" if fault is Fault.EDITED else "inserted: one index stands there twice"
    if place == 0 or good >= place or walk.doubt.vouched is False:
        first, last = place, None
    elif walk.doubt.vouched:
        first, last = place - 1, None
    else:
        first, last = place - 1, place
    which = f"Entry {first}" if last is None else f"Entry {first} or {last}"
    since = f" No checkpoint vouches for the entries {good} to {first - 1} either." if good < first else ""
    message = f"{which} was {what}: the link between the entries {place - 1} and {place} is broken.{since}"
    return Problem(fault, message, RESTORE, first, last, good if good < first else None)


def _truncated(entries: int, size: int, witness: str) -> Problem:
    return Problem(
        Fault.TRUNCATED,
        f"The log was truncated: entries {entries} to {size - 1} are missing ({witness}).",
        "Ask for a complete export. If there is none, the missing entries were destroyed after they were signed.",
        entries,
        size - 1,
    )


def _follow_rotations(walk: _Walk, bundled: Sequence[SignedHead], trust: Trust) -> None:
    by_size = {signed.head.size: signed for signed in bundled}
    for rotation in walk.rotations:
        signed = by_size.get(rotation.size)
        if signed is None or walk.roots.get(rotation.size) != signed.head.root:
            continue
        try:
            trust.follow(rotation, signed)
        except NoteUnverified:
            continue
    trust.narrow(walk.rotations)


class _Judge:
    """Checkpoints in order of size; ``good`` is the largest size whose entries are proven."""

    def __init__(self, walk: _Walk, trust: Trust, report: Report) -> None:
        self._walk = walk
        self._trust = trust
        self._report = report
        self._whole = walk.problem is None and walk.doubt is None
        self.good = 0

    def all(self, bundled: Sequence[SignedHead], anchors: Sequence[SignedHead]) -> None:
        """Judge every checkpoint until one fails."""
        both = [(signed, False) for signed in bundled] + [(signed, True) for signed in anchors]
        for signed, own in sorted(both, key=lambda pair: (pair[0].head.size, pair[1])):
            problem = self._one(signed, own)
            if problem is not None:
                self._report.problems.append(problem)
                return

    def _one(self, signed: SignedHead, own: bool) -> Problem | None:
        head = signed.head
        where = "the checkpoint you gave" if own else "the bundled checkpoint"
        try:
            signers, cosigners = self._trust.signers(signed), self._trust.cosigners(signed)
        except NoteUnverified as error:
            return self._range(
                Fault.CHECKPOINT_FORGED,
                f"{where.capitalize()} of size {head.size} is not genuine: {error}.",
                head.size,
            )
        if head.origin != self._report.origin:
            return Problem(
                Fault.CHECKPOINT_FORGED,
                f"{where.capitalize()} of size {head.size} is of another log ({head.origin!r}).",
                "Give checkpoints of this log only.",
            )
        root = self._walk.roots.get(head.size)
        if root is None:
            # Beyond a fault that was found already nothing more can be said; beyond a sound end, entries are missing.
            return _truncated(self._walk.size, head.size, where + " covers them") if self._whole else None
        if root != head.root:
            return self._range(
                Fault.REWRITTEN,
                f"The log was rewritten: its entries do not give the root of {where} of size {head.size}.",
                head.size,
            )
        self._credit(head.size, own, signers, cosigners)
        return None

    def _range(self, fault: Fault, message: str, size: int) -> Problem:
        first = min(self.good, max(size - 1, 0))
        span = f"entry {first}" if size - first <= 1 else f"one of the entries {first} to {size - 1}"
        return Problem(fault, f"{message} The first bad entry is {span}.", RESTORE, first, max(size - 1, first))

    def _credit(self, size: int, own: bool, signers: list[NoteKey], cosigners: list[NoteKey]) -> None:
        coverage = self._report.coverage
        if signers or not self._trust.any:
            self.good = size
        if signers:
            coverage[Assurance.SIGNED] = max(size, coverage.get(Assurance.SIGNED, 0))
            if own:
                coverage[Assurance.ANCHORED] = max(size, coverage.get(Assurance.ANCHORED, 0))
            if cosigners:
                coverage[Assurance.WITNESSED] = max(size, coverage.get(Assurance.WITNESSED, 0))
        for key in (*signers, *cosigners):
            label = f"{key.name} ({key.key_id.hex()})"
            if label not in self._report.signers:
                self._report.signers.append(label)
