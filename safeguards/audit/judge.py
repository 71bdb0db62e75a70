"""Third step of verifying a whole log: the checkpoints, in order of size (the plan stands in ``whole``)."""

from __future__ import annotations

from collections.abc import Sequence

from .checkpoint import SignedHead
from .note import NoteKey, NoteUnverified
from .rows import RESTORE
from .trust import Trust
from .verdict import Assurance, Fault, Problem, Report
from .walk import Walk, truncated


class Judge:
    """Checkpoints in order of size; ``good`` is the largest size whose entries are proven."""

    def __init__(self, walk: Walk, trust: Trust, report: Report) -> None:
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
            return truncated(self._walk.size, head.size, where + " covers them") if self._whole else None
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
