"""The gate's thresholds as lines of a table: which policy values, which score of the evidence, which check's error rates.

The gate itself (``safeguards.gate``) decides; this only lays its numbers side by side for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Threshold:
    """One score that the gate looks at.

    Attributes:
        name: code, put in words by the interface.
        passes, review: members of the policy; from ``passes`` on it passes, up to ``review`` people must look. ``review`` may be empty.
        lower_passes: a lower score is better.
        check: of ``safeguards.measured``, or empty where the score is a plain measurement.
        score: where it stands in the evidence of a consent.
        form: ``share``, ``rate``, ``seconds``, ``decibels``, ``ratio`` or ``llr`` (a calibrated one, which by chance exceeds t at most with
            exp(-t)): how it is written.
    """

    name: str
    passes: str
    review: str
    lower_passes: bool
    check: str
    score: tuple[str, str]
    form: str


THRESHOLDS: Final = (
    Threshold(
        "statement", "statement_pass", "statement_review", False, "challenge", ("challenge", "statement_score"), "ratio"
    ),
    Threshold("same_person", "far_pass", "far_review", True, "speaker", ("speaker", "accepted_at_far"), "rate"),
    Threshold(
        "one_speaker",
        "consistency_pass",
        "consistency_review",
        False,
        "consistency",
        ("consistency", "worst_llr"),
        "ratio",
    ),
    Threshold(
        "synthetic", "synthetic_pass", "synthetic_review", True, "detector", ("liveness", "p_synthetic"), "share"
    ),
    Threshold("replay", "replay_pass", "replay_review", True, "replay", ("liveness", "p_replay"), "share"),
    Threshold("splice", "splice_pass", "splice_review", True, "splice", ("liveness", "splice"), "share"),
    Threshold(
        "other_account",
        "other_llr_pass",
        "other_llr_review",
        True,
        "",
        ("identity", "nearest_other_llr"),
        "llr",
    ),
    Threshold(
        "protected",
        "protected_llr_pass",
        "protected_llr_review",
        True,
        "",
        ("identity", "nearest_protected_llr"),
        "llr",
    ),
    Threshold("duplicate", "", "duplicate_refuse", True, "", ("duplicate", "score"), "share"),
    Threshold("net_speech", "consent_seconds", "", False, "", ("quality", "net_seconds"), "seconds"),
    Threshold("noise", "snr_pass", "snr_review", False, "", ("quality", "snr_db"), "decibels"),
    Threshold("clipping", "clipped_most", "", True, "", ("quality", "clipped_share"), "share"),
)


_ORDER: Final = ("bad", "warn", "plain", "good")


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold beside the score it was compared with. ``level`` is ``good``, ``warn`` (borderline), ``bad`` or ``plain`` (no score)."""

    threshold: Threshold
    value: float | None
    passes: float | None
    review: float | None
    level: str


def lines(evidence: Mapping[str, Any], policy: Mapping[str, Any]) -> list[Line]:
    """Every threshold beside its score, by the policy that the decision was made under; what did not pass comes first."""
    found = [_line(threshold, evidence, policy) for threshold in THRESHOLDS]
    return sorted(found, key=lambda line: _ORDER.index(line.level))


def _line(threshold: Threshold, evidence: Mapping[str, Any], policy: Mapping[str, Any]) -> Line:
    room, member = threshold.score
    value = (evidence.get(room) or {}).get(member)
    passes = policy.get(threshold.passes) if threshold.passes else None
    review = policy.get(threshold.review) if threshold.review else None
    if threshold.name == "duplicate" and not (evidence.get("duplicate") or {}).get("matched"):
        return Line(threshold, value, passes, review, "plain" if value is None else "good")
    return Line(threshold, value, passes, review, _level(value, passes, review, lower=threshold.lower_passes))


def _level(value: float | None, passes: float | None, review: float | None, *, lower: bool) -> str:
    if value is None:
        return "plain"
    if passes is not None and (value <= passes if lower else value >= passes):
        return "good"
    return "warn" if review is not None and (value <= review if lower else value >= review) else "bad"
