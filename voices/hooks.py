"""What other rooms do when something ends or begins here, inside the same transaction.

``voices`` may not import ``synthesis``; so ``synthesis`` registers functions when Django starts. A hook that raises rolls the whole
change back: a revocation that cannot stop the jobs it must stop does not half happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Revocation:
    """A use ended. ``grant_id`` None: of the whole voice. ``code`` is the gate's reason code for work that is under way."""

    voice_id: str
    grant_id: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """Everything of these voices must go. ``data_key_ids`` are destroyed in this transaction; empty when only voices go."""

    owner_id: str | None
    voice_ids: tuple[str, ...]
    data_key_ids: tuple[str, ...]


H = TypeVar("H")
RevocationHook = Callable[[Revocation], None]
ErasureHook = Callable[[Erasure], None]
EnrolmentHook = Callable[[str], None]
ClipHook = Callable[[str, bytes], float | None]

_revocation: list[RevocationHook] = []
_erasure: list[ErasureHook] = []
_enrolment_accepted: list[EnrolmentHook] = []
_clip_match: list[ClipHook] = []


def on_revocation(hook: RevocationHook) -> RevocationHook:
    """Register; twice is once. Usable as a decorator."""
    return _register(_revocation, hook)


def on_erasure(hook: ErasureHook) -> ErasureHook:
    """Register; twice is once. Usable as a decorator."""
    return _register(_erasure, hook)


def on_enrolment_accepted(hook: EnrolmentHook) -> EnrolmentHook:
    """Register; twice is once. Usable as a decorator. The hook gets the enrolment's id."""
    return _register(_enrolment_accepted, hook)


def on_clip_match(hook: ClipHook) -> ClipHook:
    """Register who knows released clips: ``hook(world, fingerprint)`` is the score in [0, 1] of the best match, None without one."""
    return _register(_clip_match, hook)


def revoked(event: Revocation) -> None:
    """Tell all."""
    for hook in _revocation:
        hook(event)


def erased(event: Erasure) -> None:
    """Tell all."""
    for hook in _erasure:
        hook(event)


def enrolment_accepted(enrolment_id: str) -> None:
    """Tell all."""
    for hook in _enrolment_accepted:
        hook(enrolment_id)


def clip_match(world: str, fingerprint: bytes) -> float | None:
    """The best match of a recording with a released clip; None when nobody finds one."""
    scores = [hook(world, fingerprint) for hook in _clip_match]
    return max((score for score in scores if score is not None), default=None)


def _register(hooks: list[H], hook: H) -> H:
    if hook not in hooks:
        hooks.append(hook)
    return hook
