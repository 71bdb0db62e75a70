"""An index on disk: segments that never change, a tail of what was added since, and a list of what was removed."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from safeguards.fingerprint import segment
from safeguards.fingerprint.index import FingerprintIndex
from safeguards.fingerprint.matching import Match
from safeguards.fingerprint.ranking import CANDIDATES, rank
from safeguards.fingerprint.record import Record
from safeguards.fingerprint.segment import Segment

TAIL_RECORDS: Final = 20_000  # then the tail becomes a segment
_FRAME: Final = struct.Struct("<HI")


class FingerprintStore:
    """Ids and fingerprints in a folder, for one writing process at a time; opening it again finds all that was added.

    Args:
        folder: made if absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / "state.json"
        held = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
        self._segments = [Segment(folder / name) for name in held.get("segments", [])]
        self._next: int = held.get("next", 1)
        # An id removed when segment n was the next one is hidden in every segment before n.
        self._removed: dict[str, int] = held.get("removed", {})
        self._tail = FingerprintIndex()
        for name, data in _read_tail(folder / "tail.log"):
            if data:
                self._tail.add(name, data)
            else:
                self._hide(name)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is on disk and sorted, oldest first."""
        return tuple(self._segments)

    @property
    def seconds(self) -> float:
        """Length of all that is held (what was removed from a segment still counts until ``merge``)."""
        return self._tail.seconds + sum(part.seconds for part in self._segments)

    def add(self, id: str, data: bytes) -> None:  # noqa: A002 - DESIGN's word
        """Add a record, replacing any of the same id; on disk when this returns.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        Record.from_bytes(data)
        self._hide(id)
        self._tail.add(id, data)
        self._write(id, b"", data)
        if len(self._tail) >= TAIL_RECORDS:
            self._turn(self._segment(self._tail.items()), keep=True)

    def remove(self, id: str) -> None:  # noqa: A002 - DESIGN's word
        """Forget a record; its bytes leave the disk at the next ``merge``. An unknown id changes nothing."""
        self._hide(id)
        self._write(id, b"")

    def load(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Add many records of new ids at once, as a segment of their own."""
        self._turn(self._segment(items) + self._segment(self._tail.items()), keep=True)

    def merge(self) -> None:
        """One segment of everything still held, without what was removed."""
        self._turn(self._segment(self._items()), keep=False)

    def query(self, data: bytes, top: int = 5) -> list[Match]:
        """The ``top`` best records, least likely chance first; ``log10_p`` is against the whole store.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        wanted = Record.from_bytes(data)
        most = max(CANDIDATES, top)
        found: list[tuple[int, str, Record]] = []
        for number, part in enumerate(self._segments):
            for place, votes in zip(*part.elect(wanted, most), strict=True):
                name = part.name(place)
                if not self._hidden(name, number):
                    found.append((votes, name, Record.from_bytes(part.data(place))))
        found.sort(key=lambda candidate: -candidate[0])
        candidates = [(name, record) for _, name, record in found[:most]]
        return rank(wanted, candidates + self._tail.candidates(wanted, most), self.seconds, top)

    def _hide(self, name: str) -> None:
        self._tail.remove(name)
        if self._segments:
            self._removed[name] = self._next

    def _hidden(self, name: str, number: int) -> bool:
        return _number(self._segments[number].folder) < self._removed.get(name, 0)

    def _items(self) -> Iterator[tuple[str, bytes]]:
        for number, part in enumerate(self._segments):
            for place in range(part.count):
                name = part.name(place)
                if not self._hidden(name, number):
                    yield name, part.data(place)
        yield from self._tail.items()

    def _segment(self, items: Iterable[tuple[str, bytes]]) -> list[Segment]:
        """A new segment, or none for no items."""
        rest = iter(items)
        first = next(rest, None)
        if first is None:
            return []
        folder = self._folder / f"segment-{self._next:06d}"
        shutil.rmtree(folder, ignore_errors=True)  # of a run that ended before its list was written
        shutil.rmtree(folder.with_name(folder.name + ".partial"), ignore_errors=True)
        self._next += 1
        return [segment.write(folder, chain([first], rest))]

    def _turn(self, fresh: list[Segment], *, keep: bool) -> None:
        """Take up new segments, which hold the tail (and, without ``keep``, everything), in one step."""
        old = self._segments
        self._segments = [*(old if keep else []), *fresh]
        self._removed = self._removed if keep else {}
        names = [part.folder.name for part in self._segments]
        state = {"segments": names, "next": self._next, "removed": self._removed}
        working = self._folder / "state.json.partial"
        working.write_text(json.dumps(state), encoding="utf-8")
        working.replace(self._folder / "state.json")
        (self._folder / "tail.log").unlink(missing_ok=True)
        self._tail = FingerprintIndex()
        for part in old if not keep else []:
            shutil.rmtree(part.folder)

    def _write(self, name: str, *bodies: bytes) -> None:
        with (self._folder / "tail.log").open("ab") as log:
            for body in bodies:
                log.write(_FRAME.pack(len(name.encode()), len(body)) + name.encode() + body)
            log.flush()
            os.fsync(log.fileno())


def _number(folder: Path) -> int:
    return int(folder.name.split("-")[1])


def _read_tail(log: Path) -> list[tuple[str, bytes]]:
    """Names and bodies; an empty body removes. A last frame cut short by a crash is cut off."""
    data = log.read_bytes() if log.exists() else b""
    frames: list[tuple[str, bytes]] = []
    at = 0
    while at + _FRAME.size <= len(data):
        name_size, size = _FRAME.unpack_from(data, at)
        body = at + _FRAME.size + name_size
        if body + size > len(data):
            break
        frames.append((data[body - name_size : body].decode(), data[body : body + size]))
        at = body + size
    if at < len(data):
        os.truncate(log, at)
    return frames
