"""What the verifier says: what happened, where, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Assurance(StrEnum):
    """How much a successful verification proves, weakest first."""

    CHAIN_ONLY = "chain_only"
    """The entries follow from each other. Whoever wrote the file could have written another one."""
    SIGNED = "signed"
    """The log's key signed this history. Its holder could still have signed another one for somebody else."""
    ANCHORED = "anchored"
    """It continues a checkpoint that the auditor kept outside: what that covers was not rewritten since."""
    WITNESSED = "witnessed"
    """A witness cosigned it: everybody who trusts that witness was shown the same history."""


class Fault(StrEnum):
    """Stable codes of what can be wrong."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    SWAPPED = "swapped"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    CHECKPOINT_FORGED = "checkpoint_forged"
    PROOF_INVALID = "proof_invalid"
    NOT_SIGNED = "not_signed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault.

    ``first`` is the index of the first entry shown to be bad; if only a range is known, ``last`` is its other end.
    Entries from ``unproven_from`` to ``first`` could have been changed along with it: no checkpoint vouches for them.
    """

    fault: Fault
    message: str
    advice: str
    first: int | None = None
    last: int | None = None
    unproven_from: int | None = None

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}"


@dataclass(slots=True)
class Report:
    """Outcome of a verification.

    ``coverage`` says up to which tree size each level of assurance holds: entries below it are covered.
    """

    kind: str = ""
    origin: str = ""
    entries: int = 0
    coverage: dict[Assurance, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    signers: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def assurance(self) -> Assurance:
        """The strongest level that covers at least one entry (or an empty log)."""
        return [level for level in Assurance if level in self.coverage or level is Assurance.CHAIN_ONLY][-1]

    @property
    def first_bad(self) -> int | None:
        """Index of the first bad entry, when one is known."""
        found = [problem.first for problem in self.problems if problem.first is not None]
        return min(found) if found else None

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "ok": self.ok,
            "kind": self.kind,
            "origin": self.origin,
            "entries": self.entries,
            "assurance": self.assurance.value if self.ok else None,
            "coverage": {level.value: size for level, size in self.coverage.items()},
            "signers": self.signers,
            "first_bad": self.first_bad,
            "problems": [asdict(problem) for problem in self.problems],
        }

    def as_text(self) -> str:
        """For people: one fact per line."""
        if not self.ok:
            return "\n".join(["FAILED", *(str(problem) for problem in self.problems)])
        lines = [f"OK: {self.entries} entries of {self.origin or 'a log'} verify; assurance: {self.assurance.value}."]
        lines += [f"  {level.value}: entries below {size}" for level, size in self.coverage.items()]
        if self.signers:
            lines.append("  signed by " + ", ".join(self.signers))
        if self.assurance is Assurance.CHAIN_ONLY:
            lines.append("  Give --key to check signatures; without it the file vouches only for itself.")
        elif self.assurance is Assurance.SIGNED:
            lines.append("  Give --checkpoint with one you kept to find out whether history was rewritten since.")
        return "\n".join(lines)
