"""What a training must not lose, in files of one folder: for trainings without a platform around them.

The files are not sealed. Within the platform a scratch is given that seals (``synthesis.training.scratch``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_LENGTH: Final = 8


class FolderScratch:
    """One file for each name, made of parts that each have their length before them.

    Args:
        folder: made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, parts: Iterable[bytes]) -> None:
        """See ``Scratch.save``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{name}.part"
        with partial.open("wb") as handle:
            for part in parts:
                handle.write(len(part).to_bytes(_LENGTH, "little"))
                handle.write(part)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(self._folder / name)

    def load(self, name: str) -> Iterator[bytes] | None:
        """See ``Scratch.load``."""
        path = self._folder / name
        return _parts(path) if path.exists() else None

    def drop(self, name: str) -> None:
        """See ``Scratch.drop``."""
        (self._folder / name).unlink(missing_ok=True)


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while length := handle.read(_LENGTH):
            yield handle.read(int.from_bytes(length, "little"))
