"""What a look at the evidence brings up: reasons to refuse, and borderline ones for human review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from safeguards.errors import Refusal
from safeguards.gate.reasons import Reason, by_weight, refuse

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class NeedsReview:
    """Not refused, not permitted: people must look. ``codes`` say at what, heaviest first."""

    subject: str
    codes: tuple[str, ...]
    policy_version: str


@dataclass(slots=True)
class Findings:
    """Collects reasons. A comparison is written so that a score that is not a number refuses."""

    refused: set[Reason] = field(default_factory=set)
    borderline: set[Reason] = field(default_factory=set)
    details: dict[Reason, str] = field(default_factory=dict)

    def need(self, holds: bool, reason: Reason, detail: str | None = None) -> None:
        """Refuse unless ``holds``."""
        if not holds:
            self.refused.add(reason)
            if detail:
                self.details[reason] = detail

    def at_most(self, value: float, passes: float, review: float, reason: Reason) -> None:
        """Lower is better."""
        self._band(value <= passes, value <= review, reason)

    def at_least(self, value: float, passes: float, review: float, reason: Reason) -> None:
        """Higher is better."""
        self._band(value >= passes, value >= review, reason)

    def _band(self, passes: bool, reviewable: bool, reason: Reason) -> None:
        if passes:
            return
        (self.borderline if reviewable else self.refused).add(reason)

    def present(self, fact: Fact | None, look: Callable[[Fact], None]) -> None:
        """Look at ``fact``; refuse when there is none."""
        if fact is None:
            self.refused.add(Reason.EVIDENCE_MISSING)
        else:
            look(fact)

    def raise_refusal(self, *, also_borderline: bool) -> None:
        """Raise if anything refuses.

        Args:
            also_borderline: there is no review for this subject, so borderline refuses too.

        Raises:
            Refusal: with every reason that held, heaviest first.
        """
        if self.refused or (also_borderline and self.borderline):
            raise self.refusal()

    def refusal(self) -> Refusal:
        """All reasons, refusing ones before borderline ones, each by weight."""
        hard, soft = by_weight(self.refused), by_weight(self.borderline - self.refused)
        first = (hard + soft)[0]
        whole = refuse([first], self.details.get(first))
        return Refusal(whole.code, whole.sentence, tuple(str(reason) for reason in hard + soft))
