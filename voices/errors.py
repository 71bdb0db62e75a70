"""What can go wrong for a person in this room. Codes are stable; no HTTP here.

VoicesError
├── NotFound            no such object, or a stranger's: both look the same
├── Invalid             what was given cannot be used
└── Conflict            the object's state does not allow it (any more)
    └── ChallengeLate   the challenge expired, was consumed or used up
"""

from __future__ import annotations


class VoicesError(Exception):
    """Base. ``code`` is stable, ``sentence`` is English and tells the person what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class NotFound(VoicesError):
    """There is no such object for this person."""

    def __init__(self) -> None:
        super().__init__("not_found", "There is no such object. Check the id.")


class Invalid(VoicesError):
    """What was given cannot be used."""


class Conflict(VoicesError):
    """The object's state does not allow it."""


class ChallengeLate(Conflict):
    """``challenge_expired``, ``challenge_consumed``, ``challenge_failed`` or ``challenge_mismatch``: ask for a new challenge."""
