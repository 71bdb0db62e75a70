"""What one technique says of one piece of sound, and what follows from all of them. Values only; no rows, no sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from safeguards.measured import Measure


class Outcome(StrEnum):
    """Of one technique."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    INCONCLUSIVE = "inconclusive"  # it could not judge: too short, too weak
    NOT_APPLICABLE = "not_applicable"  # this format, or this platform's rows, give it nothing to judge


class Verdict(StrEnum):
    """Of all together."""

    GENERATED_HERE = "generated_here"
    NOT_DETECTED = "not_detected"
    INCONCLUSIVE = "inconclusive"


class Conflict(StrEnum):
    """Two techniques that should agree and do not."""

    MARK_COPIED = "mark_copied"  # a mark of ours on sound that is not the clip it names
    MARK_UNPLACED = "mark_unplaced"  # a mark of ours that names no clip, on sound that resembles none
    MARK_REMOVED = "mark_removed"  # a clip of ours whose mark is gone
    MANIFEST_COPIED = "manifest_copied"  # a manifest of ours that names another clip than the sound itself


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique's answer.

    Attributes:
        name: ``manifest``, ``watermark``, ``exact_hash`` or ``fingerprint``.
        request_id: the request it leads to, when it leads to one.
        spans: where in the sound, ``(start, end)`` in seconds.
        false_positive_rate: how often it would say ``found`` of sound that was not made here; None where nobody has measured it.
        version: of the method.
        detail: what else it saw.
        errors: how often this version was measured to err on sound about this long; empty where it was not measured.
    """

    name: str
    outcome: Outcome
    version: str
    request_id: str | None = None
    spans: tuple[tuple[float, float], ...] = ()
    false_positive_rate: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    errors: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdict, the request that the sound came of where one is named, and what does not fit together."""

    verdict: Verdict
    request_id: str | None
    conflicts: tuple[Conflict, ...]


# Techniques in the order in which they are believed when they name different requests: the sound itself before what is attached to it.
_BELIEVED: Final = ("exact_hash", "fingerprint", "watermark", "manifest")


def judge(techniques: list[Technique]) -> Judgement:
    """Put the answers together.

    A mark alone does not make a clip ours when we still hold that clip's fingerprint and it does not match: whoever holds a clip with
    and without its mark can lay the difference over other sound. Nor does a mark too damaged to name its clip, unless another
    technique finds the clip: laid over other sound, a mark is often just that damaged. Such sound is ``inconclusive``, never
    ``generated_here``.
    """
    by_name = {technique.name: technique for technique in techniques}
    found = [by_name[name] for name in _BELIEVED if name in by_name and by_name[name].outcome is Outcome.FOUND]
    conflicts = _conflicts(by_name)
    if Conflict.MARK_COPIED in conflicts or _unplaced(by_name.get("watermark")):
        found = [technique for technique in found if technique.name != "watermark"]
    if Conflict.MANIFEST_COPIED in conflicts:
        found = [technique for technique in found if technique.name != "manifest"]
    request_id = next((technique.request_id for technique in found if technique.request_id), None)
    if found:
        return Judgement(Verdict.GENERATED_HERE, request_id, conflicts)
    marked = _unplaced(by_name.get("watermark"))
    unsure = conflicts or marked or any(technique.outcome is Outcome.INCONCLUSIVE for technique in techniques)
    return Judgement(Verdict.INCONCLUSIVE if unsure else Verdict.NOT_DETECTED, None, conflicts)


def _unplaced(mark: Technique | None) -> bool:
    """Whether there is a mark that names no clip of ours."""
    return mark is not None and mark.outcome is Outcome.FOUND and mark.request_id is None


def _conflicts(by_name: dict[str, Technique]) -> tuple[Conflict, ...]:
    conflicts: list[Conflict] = []
    mark, printed, manifest = by_name.get("watermark"), by_name.get("fingerprint"), by_name.get("manifest")
    if mark is not None and printed is not None:
        marked, matched = mark.outcome is Outcome.FOUND, printed.outcome is Outcome.FOUND
        if marked and mark.request_id and printed.detail.get("expected_missing"):
            conflicts.append(Conflict.MARK_COPIED)
        if _unplaced(mark) and printed.outcome is Outcome.NOT_FOUND:
            conflicts.append(Conflict.MARK_UNPLACED)
        if matched and mark.outcome is Outcome.NOT_FOUND:
            conflicts.append(Conflict.MARK_REMOVED)
    if manifest is not None and manifest.outcome is Outcome.FOUND and manifest.request_id:
        others = {
            technique.request_id
            for technique in (mark, printed)
            if technique is not None and technique.outcome is Outcome.FOUND and technique.request_id
        }
        if others and manifest.request_id not in others:
            conflicts.append(Conflict.MANIFEST_COPIED)
    return tuple(conflicts)
