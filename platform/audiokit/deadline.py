"""The wall-clock limit of one reading."""

from __future__ import annotations

import time

from audiokit.errors import AudioError


class Deadline:
    """Asked at each step whose number a file can raise: part, read, frame."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise ``decode_timeout`` once the limit is reached."""
        if time.monotonic() >= self._end:
            raise AudioError("decode_timeout", "Decoding took too long.")
