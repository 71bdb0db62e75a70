"""What a caller can do wrong with the watermark."""

from __future__ import annotations


class WatermarkError(ValueError):
    """A refused watermark operation.

    Attributes:
        code: stable machine-readable reason: ``bad_key``, ``bad_payload``, ``bad_number``, ``too_short``,
            ``unsupported_rate``, ``unsupported_channels``, ``bad_samples``, ``closed``, ``not_constructible`` or ``no_keys``.
        detail: one English sentence.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
