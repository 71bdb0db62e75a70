"""Verifying a whole log: every leaf is hashed again, every checkpoint compared, the first bad entry named.

The plan, in this order:

(1) Walk the entries. Each must hash to the hash stored beside it, parse as a leaf, carry its place as ``index`` and
the hash of the leaf
    before it as ``prev``. The first that does not ends the walk; the root at each checkpoint size passed so far is
    kept.
(2) Follow the key rotations found in the entries, as far as trusted keys signed them.
(3) Judge the checkpoints in order of size, the auditor's own among them: signature, then root. The last good one below
the first fault
    proves all entries below it, which settles whether a broken link is the fault of the entry before it or after it.
(4) Name the fault. An entry broken by itself has an index. A history rewritten with all its hashes has only a range:
from the last good
    checkpoint to the first that disagrees.
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


@dataclass(slots=True)
class _Walk:
    """Where the walk ended and what it saw."""

    roots: dict[int, merkle.Hash]
    size: int = 0
    rotations: list[Rotation] = field(default_factory=list)
    problem: Problem | None = None
    # Set when the link between two entries is broken and the rest of the evidence must say whose fault it is.
    broken_link: int | None = None
    # Whether the next entry's link fits the later of the two; None when there is no next entry.
    next_vouches: bool | None = None


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
    problem = _settle_link(walk, judged.good) or walk.problem
    if problem is None and walk.size < size:
        problem = _truncated(walk.size, size, "the bundle says so itself")
    if problem is not None:
        # A fault with an index explains every later disagreement; only what lies before it is news.
        earlier = [other for other in report.problems if other.first is not None and other.first < (problem.first or 0)]
        report.problems = earlier or [problem]
    if trust.any and not report.problems and Assurance.SIGNED not in report.coverage:
        report.problems.append(
            Problem(
                Fault.NOT_SIGNED,
                "No checkpoint in the bundle is signed by a key of the key file.",
                "Check that the key file belongs to this log, or export again after the next checkpoint.",
            )
        )


def _walk(rows: Iterator[Mapping[str, Any]], sizes: set[int]) -> _Walk:
    frontier = merkle.Frontier()
    walk = _Walk({0: merkle.EMPTY_ROOT})
    before: Row | None = None
    for entry in rows:
        row = read_row(entry)
        walk.size = frontier.size
        walk.problem = _broken(row, before, frontier.size, rows)
        if walk.problem is None and not _linked(row, before):
            walk.broken_link = frontier.size
            follower = next((read_row(later) for later in islice(rows, 1)), None)
            if follower is not None:
                walk.next_vouches = follower.record is not None and follower.record.prev == row.hashed.hex()
        if walk.problem is not None or walk.broken_link is not None:
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


def _linked(row: Row, before: Row | None) -> bool:
    previous = PREV_OF_FIRST if before is None else before.hashed.hex()
    return row.record is not None and row.record.prev == previous


def _broken(row: Row, before: Row | None, place: int, rows: Iterator[Mapping[str, Any]]) -> Problem | None:
    """Faults that one row shows by itself or by its index."""
    if row.hashed != row.stored:
        return Problem(Fault.EDITED, f"Entry {place} was edited: it does not hash to its stored hash.", RESTORE, place)
    if row.record is None:
        return Problem(
            Fault.EDITED, f"Entry {place} was edited: it is not the canonical form of a record.", RESTORE, place
        )
    if row.record.index == place:
        return None
    return _misplaced(row, before, row.record.index, place, rows)


def _misplaced(row: Row, before: Row | None, index: int, place: int, rows: Iterator[Mapping[str, Any]]) -> Problem:
    follower = next((read_row(later) for later in islice(rows, 1)), None)
    record = follower.record if follower else None
    if index == place + 1 and record is not None and record.index == place:
        return Problem(Fault.SWAPPED, f"Entries {place} and {place + 1} were swapped.", RESTORE, place, place + 1)
    if index > place:
        span = f"Entry {place} was" if index == place + 1 else f"Entries {place} to {index - 1} were"
        return Problem(Fault.DELETED, f"{span} deleted: entry {index} stands in that place.", RESTORE, place, index - 1)
    bad = place
    if before is not None and index == place - 1 and record is not None and record.prev == row.hashed.hex():
        # Two rows claim this index, and the next entry knows the second: the first was put in.
        bad = place - 1
    return Problem(
        Fault.INSERTED, f"A row was inserted at entry {bad}: index {index} stands there twice.", RESTORE, bad
    )


def _settle_link(walk: _Walk, good: int) -> Problem | None:
    """Entry ``place`` does not continue entry ``place - 1``. Which of the two was touched?"""
    place = walk.broken_link
    if place is None:
        return None
    advice = f"{RESTORE} The link between entries {place - 1} and {place} is broken."
    if walk.next_vouches is None and good < place:
        message = f"Entry {place - 1} or {place} was edited and its hash with it; no later entry says which."
        return Problem(Fault.EDITED, message, advice, place - 1, place)
    blamed = place - 1 if walk.next_vouches and good < place else place
    return Problem(Fault.EDITED, f"Entry {blamed} was edited and its hash with it.", advice, blamed)


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
        self._whole = walk.problem is None and walk.broken_link is None
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
