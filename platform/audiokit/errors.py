"""What can be wrong with audio from outside."""

from __future__ import annotations


class AudioError(Exception):
    """Audio that cannot be accepted.

    Attributes:
        code: stable machine-readable reason, such as ``too_long`` or ``undecodable``.
        detail: one English sentence for the sender.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
