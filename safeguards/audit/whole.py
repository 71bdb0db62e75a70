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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .checkpoint import SignedHead
from .judge import Judge
from .note import NoteUnverified
from .trust import Trust
from .verdict import Assurance, Fault, Problem, Report
from .walk import Walk, settle, truncated, walk_entries


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
    walk = walk_entries(iter(entries), {signed.head.size for signed in (*bundled, *anchors)})
    report.entries = walk.size
    _follow_rotations(walk, bundled, trust)
    judged = Judge(walk, trust, report)
    judged.all(bundled, anchors)
    problem = settle(walk, judged.good) or walk.problem
    if problem is None and walk.size < size:
        problem = truncated(walk.size, size, "the bundle says so itself")
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


def _follow_rotations(walk: Walk, bundled: Sequence[SignedHead], trust: Trust) -> None:
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
