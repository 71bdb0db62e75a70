"""What can go wrong in an engine.

EngineFailure
├── EngineError     the input or the model will not do; ``code`` says why, trying again will not help
└── Cancelled       the caller asked to stop
"""

from __future__ import annotations


class EngineFailure(Exception):
    """Base of everything an engine raises on purpose."""


class EngineError(EngineFailure):
    """Input or model that an engine cannot use.

    Attributes:
        code: stable machine-readable reason, such as ``too_little_speech`` or ``language_unsupported``.
        detail: one English sentence for the person who sent it.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Cancelled(EngineFailure):
    """``should_stop`` answered true between two steps; nothing was produced."""
