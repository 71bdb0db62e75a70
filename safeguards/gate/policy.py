"""Thresholds, in one versioned place. They are stored with every decision made under them.

A pair ``(passes, review)`` means: up to (or from) the first value the check passes, between the two it is borderline, beyond it refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate asks of the evidence in one world.

    Attributes:
        far_pass, far_review: same speaker: false-accept rate of a threshold set at the score. One reading passes up to far_review, since it
            is short and one of many; the readings together must reach far_pass.
        synthetic_pass, synthetic_review; replay_*; splice_*: probabilities of an attack.
        duplicate_refuse: fingerprint score from which a recording counts as used before; a match below it is borderline.
        consistency_pass, consistency_review: llr of the worst window of a recording against the rest of it.
        consistency_seconds: net speech from which a recording must have been compared with itself.
        other_llr_pass, other_llr_review: llr against the nearest voice of another account; protected_*: of a protected voice. The nearest of
            n strangers exceeds t with a probability of at most n * exp(-t), so these are looser than a comparison with one person.
        statement_pass, statement_review: score of the spoken statement.
        consent_seconds, take_seconds, enrolment_seconds: net speech needed.
        snr_pass, snr_review: decibels.
        clipped_most: largest share of clipped samples.
        takes_fewest: accepted takes an enrolment needs.
        reviewers: different people who must approve a borderline consent.
        accepts_actor: a recording marked as the sandbox actor's own, synthetic, seen before or enrolled elsewhere is let through (sandbox only).
    """

    version: str
    world: str
    far_pass: float = 1e-3
    far_review: float = 1e-2
    synthetic_pass: float = 0.7
    synthetic_review: float = 0.84
    replay_pass: float = 0.6
    replay_review: float = 0.9
    splice_pass: float = 0.8
    splice_review: float = 0.9
    duplicate_refuse: float = 0.9
    consistency_pass: float = -2.0
    consistency_review: float = -6.0
    consistency_seconds: float = 6.0
    other_llr_pass: float = 5.0
    other_llr_review: float = 9.0
    protected_llr_pass: float = 4.0
    protected_llr_review: float = 8.0
    statement_pass: float = -1.5
    statement_review: float = -2.0
    consent_seconds: float = 5.0
    take_seconds: float = 2.0
    enrolment_seconds: float = 15.0
    snr_pass: float = 12.0
    snr_review: float = 8.0
    clipped_most: float = 0.01
    takes_fewest: int = 5
    reviewers: int = 2
    accepts_actor: bool = False

    def takes_for_alive(self, p_synthetic: float, p_replay: float, splice: float) -> bool:
        """Whether these probabilities of an attack all pass. The liveness check asks here too, so that it and the gate cannot disagree."""
        return p_synthetic <= self.synthetic_pass and p_replay <= self.replay_pass and splice <= self.splice_pass

    def __post_init__(self) -> None:
        if self.accepts_actor and self.world != "sandbox":
            raise ValueError("only the sandbox may accept its actor")


LIVE = Policy(version="live-2026-11-4", world="live")
SANDBOX = replace(LIVE, version="sandbox-2026-11-4", world="sandbox", accepts_actor=True)
_POLICIES = {policy.world: policy for policy in (LIVE, SANDBOX)}


def policy_for(world: str) -> Policy:
    """The policy of a world.

    Raises:
        RuntimeError: there is no such world.
    """
    try:
        return _POLICIES[world]
    except KeyError:
        raise RuntimeError(f"no policy for world {world!r}") from None
