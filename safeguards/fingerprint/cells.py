"""The coarse stage of an index: which records share many moments with a query, in step.

A cell is the signs of a vector's first 16 components, the ones that distortion moves least. A record files each of its moments under
its cell, as an entry of 32 bits: its place (24 bits) and the moment's time in units of 0.16 s (8 bits). A query looks into the cell of
each of its moments and into those reached by flipping its least certain signs (multi-probe: Q. Lv et al., "Multi-probe LSH", VLDB
2007), and counts the entries that agree on a place and, within about 0.6 s, on the offset (A. Wang, "An industrial-strength audio search
algorithm", ISMIR 2003).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint.record import Record

BITS: Final = 16
COUNT: Final = 1 << BITS
MAX_PLACES: Final = 1 << 24
LEAST_WEIGHT: Final = 0.3
UNIT_S: Final = 0.16
_FILED_S: Final = 0.08  # between moments that are filed or looked up
_PROBES: Final = 640  # cells looked into, about: short queries flip more signs, long ones fewer and use fewer moments
_FEWEST_FLIPS: Final = 4
_MOST_FLIPS: Final = 6
_OFFSET_SHIFT: Final = 2  # an offset bin is four units, 0.64 s, wide; neighbouring bins are added up in pairs
_OFFSET_BINS: Final = 64
_COMPANY: Final = (4, 2)  # entries that agree: what may be asked of a candidate, the most first
_POWERS: Final = (1 << np.arange(BITS)).astype(np.int64)

Places = NDArray[np.int64]
Entries = NDArray[np.uint32]


def filed(record: Record, place: int) -> tuple[Places, Entries]:
    """The cells a record is filed under and its entries there, shape ``[moments]`` both.

    Raises:
        ValueError: for a place beyond ``MAX_PLACES``.
    """
    if not 0 <= place < MAX_PLACES:
        raise ValueError(f"a segment holds at most {MAX_PLACES} records")
    record = record.thinned(_FILED_S)
    spoken = record.weights >= LEAST_WEIGHT
    units = np.round(record.times_s[spoken] / UNIT_S).astype(np.int64) & 255
    return (record.vectors[spoken, :BITS] > 0) @ _POWERS, ((place << 8) | units).astype(np.uint32)


def probed(query: Record) -> tuple[Places, Places]:
    """The cells to look into and the times, in units, of the moments that ask; shape ``[probes]`` both."""
    query = query.thinned(_FILED_S)
    rows = np.flatnonzero(query.weights >= LEAST_WEIGHT)
    if not len(rows):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    most = _PROBES >> _FEWEST_FLIPS
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]
    flips = min(_MOST_FLIPS, max(_FEWEST_FLIPS, int(np.log2(_PROBES / len(rows)))))
    choices = ((np.arange(1 << flips)[:, None] >> np.arange(flips)) & 1).astype(np.int64)
    leading = query.vectors[rows, :BITS]
    doubtful = _POWERS[np.argsort(np.abs(leading), axis=1)[:, :flips]]
    probes = ((leading > 0) @ _POWERS)[:, None] ^ (doubtful @ choices.T)
    units = np.round(query.times_s[rows] / UNIT_S).astype(np.int64)
    return probes.reshape(-1), np.repeat(units, 1 << flips)


def elect(lists: Sequence[Entries], units: Places, most: int) -> tuple[list[int], list[int]]:
    """The places most entries agree on, best first, and how many entries do.

    Args:
        lists: what was found in each probed cell.
        units: time of the moment that asked, one for each list.
        most: how many places to return at the most.
    """
    sizes = np.array([len(found) for found in lists], dtype=np.int64)
    if not sizes.sum():
        return [], []
    # Half a million entries: every pass over them counts, so they are worked on in place. Differences may wrap around; of each
    # only the bits that name its bin are kept.
    places = np.concatenate(lists)
    keys = places & np.uint32(255)
    keys -= np.repeat(units.astype(np.uint32), sizes)
    keys >>= np.uint32(_OFFSET_SHIFT)
    keys &= np.uint32(_OFFSET_BINS - 1)
    places >>= np.uint32(8)
    places *= np.uint32(_OFFSET_BINS)
    keys |= places
    keys.sort()
    keys = _in_company(keys, 2 * most)
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    counts = np.diff(np.concatenate([first, [len(keys)]]))
    keys = keys[first]
    votes = counts.copy()
    votes[:-1] += np.where(keys[1:] == keys[:-1] + 1, counts[1:], 0)
    # A place may appear at two neighbouring offsets, so look at twice as many as wanted.
    kept = min(2 * most, len(votes))
    leaders = np.argpartition(-votes, kept - 1)[:kept]
    leaders = leaders[np.argsort(-votes[leaders], kind="stable")]
    chosen: dict[int, int] = {}
    for leader in leaders:
        chosen.setdefault(int(keys[leader]) // _OFFSET_BINS, int(votes[leader]))
    return list(chosen)[:most], list(chosen.values())[:most]


def _in_company(keys: Entries, least: int) -> Entries:
    """Of sorted keys those that can win: with enough company at the same or the next offset, if that leaves ``least`` different ones."""
    for company in _COMPANY:
        starts = np.flatnonzero(keys[company - 1 :] - keys[: 1 - company] <= 1)
        if np.count_nonzero(np.diff(keys[starts])) + 1 >= least:
            kept = np.zeros(len(keys), dtype=np.bool_)
            for i in range(company):
                kept[starts + i] = True
            return np.asarray(keys[kept])
    return keys


class Cells:
    """Entries by cell, in memory."""

    def __init__(self) -> None:
        self._lists: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))

    def add(self, place: int, record: Record) -> None:
        """File a record."""
        for cell, entry in zip(*filed(record, place), strict=True):
            self._lists[int(cell)].append(int(entry))

    def elect(self, query: Record, most: int) -> tuple[list[int], list[int]]:
        """As ``elect``, over what is filed here."""
        cells, units = probed(query)
        empty = np.zeros(0, dtype=np.uint32)
        lists = [
            np.array(self._lists[int(cell)], dtype=np.uint32) if int(cell) in self._lists else empty for cell in cells
        ]
        return elect(lists, units, most)
