"""A part of an index on disk that never changes: records, and their entries sorted by cell, read through the page cache."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from safeguards.fingerprint.cells import COUNT, Entries, Places, elect, filed, probed
from safeguards.fingerprint.matching import seconds
from safeguards.fingerprint.record import FingerprintError, Record

_BUCKETS = 16  # entries are sorted by cell in so many passes over one sixteenth each, to bound memory


class Segment:
    """One folder: ``records.bin``, ``offsets.npy``, ``ids.bin``, ``id_offsets.npy``, ``entries.npy``, ``starts.npy``, ``head.json``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        head = json.loads((folder / "head.json").read_text(encoding="utf-8"))
        self.count: int = head["count"]
        self.seconds: float = head["seconds"]
        self._starts = np.load(folder / "starts.npy")
        self._entries: Entries = np.load(folder / "entries.npy", mmap_mode="r")
        self._offsets = np.load(folder / "offsets.npy", mmap_mode="r")
        self._id_offsets = np.load(folder / "id_offsets.npy", mmap_mode="r")
        self._records: Any = np.memmap(folder / "records.bin", dtype=np.uint8, mode="r")
        self._ids: Any = np.memmap(folder / "ids.bin", dtype=np.uint8, mode="r")
        if len(self._starts) != COUNT + 1 or len(self._offsets) != self.count + 1:
            raise FingerprintError(f"{folder.name} is not a whole segment")

    def name(self, place: int) -> str:
        """The id of a record."""
        return bytes(self._ids[self._id_offsets[place] : self._id_offsets[place + 1]]).decode()

    def data(self, place: int) -> bytes:
        """The stored fingerprint of a record."""
        return bytes(self._records[self._offsets[place] : self._offsets[place + 1]])

    def entries(self, cell: int) -> Entries:
        """Everything filed under a cell."""
        return np.asarray(self._entries)[self._starts[cell] : self._starts[cell + 1]]

    def elect(self, query: Record, most: int) -> tuple[list[int], list[int]]:
        """As ``cells.elect``, over this segment."""
        cells, units = probed(query)
        plain = np.asarray(self._entries)
        starts = self._starts
        lists = [plain[starts[cell] : starts[cell + 1]] for cell in cells.tolist()]
        return elect(lists, units, most)


def write(folder: Path, items: Iterable[tuple[str, bytes]]) -> Segment:
    """Build a segment in ``folder``, which must not exist yet. Needs memory for eight bytes an entry, not for the records.

    Raises:
        FingerprintError: for bytes that are no fingerprint.
    """
    working = folder.with_name(folder.name + ".partial")
    working.mkdir(parents=True)
    offsets, id_offsets = [0], [0]
    cells: list[Places] = []
    entries: list[Entries] = []
    total = 0.0
    with (working / "records.bin").open("wb") as records, (working / "ids.bin").open("wb") as ids:
        for place, (name, data) in enumerate(items):
            record = Record.from_bytes(data)
            there, entry = filed(record, place)
            cells.append(there.astype(np.uint16))
            entries.append(entry)
            total += seconds(record)
            records.write(data)
            ids.write(name.encode())
            offsets.append(offsets[-1] + len(data))
            id_offsets.append(id_offsets[-1] + len(name.encode()))
    _write_entries(working, cells, entries)
    np.save(working / "offsets.npy", np.array(offsets, dtype=np.int64))
    np.save(working / "id_offsets.npy", np.array(id_offsets, dtype=np.int64))
    head = {"count": len(offsets) - 1, "seconds": total}
    (working / "head.json").write_text(json.dumps(head), encoding="utf-8")
    working.replace(folder)
    return Segment(folder)


def _write_entries(folder: Path, cells: list[Places], entries: list[Entries]) -> None:
    keys = np.concatenate([*cells, np.zeros(0, dtype=np.uint16)])
    values = np.concatenate([*entries, np.zeros(0, dtype=np.uint32)])
    starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=COUNT))]).astype(np.int64)
    out = np.lib.format.open_memmap(folder / "entries.npy", mode="w+", dtype=np.uint32, shape=(max(1, len(values)),))
    width = COUNT // _BUCKETS
    for low in range(0, COUNT, width):
        here = np.flatnonzero((keys >= low) & (keys < low + width))
        order = here[np.argsort(keys[here], kind="stable")]
        out[starts[low] : starts[low + width]] = values[order]
    out.flush()
    np.save(folder / "starts.npy", starts)
