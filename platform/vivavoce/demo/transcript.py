"""What the demo says: on the terminal while it happens, and in a file afterwards."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StoryFailedError(Exception):
    """A step did not turn out as the story says; the demo ends non-zero."""


class Transcript:
    """Numbered steps with their outcomes and times."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = time.monotonic()
        self._steps = 0
        path.write_text("", encoding="utf-8")

    def _say(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def heading(self, text: str) -> None:
        """A part of the story."""
        self._say(f"\n{text}\n{'-' * len(text)}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """One numbered step; says how long it took."""
        self._steps += 1
        self._say(f"{self._steps:2d}. {text}")
        begun = time.monotonic()
        yield
        self._say(f"      ({time.monotonic() - begun:.1f} s, {time.monotonic() - self._started:.0f} s in all)")

    def note(self, text: str) -> None:
        """A line of outcome below the current step."""
        self._say(f"      {text}")

    def expect(self, holds: bool, text: str) -> None:
        """State a fact that must hold.

        Raises:
            StoryFailedError: when it does not.
        """
        self._say(f"      {'✓' if holds else '✗'} {text}")
        if not holds:
            raise StoryFailedError(text)
