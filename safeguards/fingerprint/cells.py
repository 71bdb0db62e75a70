"""The coarse stage of an index: records that share many cells with a query.

A cell is the signs of a vector's first 16 components, the ones that distortion moves least. A query looks into the cell of each of its
vectors and into those reached by flipping its least certain signs (multi-probe: Q. Lv et al., "Multi-probe LSH", VLDB 2007).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint.record import Record

BITS: Final = 16
COUNT: Final = 1 << BITS
FLIPS: Final = 4  # least certain signs tried both ways
STRIDE: Final = 2  # every second stored vector has a cell entry; the query looks with all of its own
LEAST_WEIGHT: Final = 0.3
_POWERS: Final = (1 << np.arange(BITS)).astype(np.int64)
_CHOICES: Final = ((np.arange(1 << FLIPS)[:, None] >> np.arange(FLIPS)) & 1).astype(np.int64)

Places = NDArray[np.int64]


def stored(record: Record) -> Places:
    """Distinct cells under which a record is filed, shape ``[cells]``."""
    chosen = record.vectors[::STRIDE][record.weights[::STRIDE] >= LEAST_WEIGHT]
    return np.unique((chosen[:, :BITS] > 0) @ _POWERS)


def probed(query: Record) -> tuple[Places, NDArray[np.float32]]:
    """Distinct cells to look into, and how often each is asked for; shape ``[cells]`` both."""
    chosen = query.vectors[query.weights >= LEAST_WEIGHT][:, :BITS]
    if not len(chosen):
        chosen = query.vectors[:, :BITS]
    keys = (chosen > 0) @ _POWERS
    doubtful = _POWERS[np.argsort(np.abs(chosen), axis=1)[:, :FLIPS]]
    probes = keys[:, None] ^ (doubtful @ _CHOICES.T)
    cells, times = np.unique(probes, return_counts=True)
    return cells, times.astype(np.float32)


class Cells:
    """Lists of records by cell, in memory."""

    def __init__(self) -> None:
        self._lists: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, place: int, record: Record) -> None:
        """File a record under its cells."""
        for cell in stored(record).tolist():
            self._lists[cell].append(place)

    def votes(self, query: Record, count: int) -> NDArray[np.float64]:
        """How strongly each of ``count`` places resembles the query, shape ``[count]``; rarer cells count more."""
        votes = np.zeros(count)
        for cell, times in zip(*probed(query), strict=True):
            places = self._lists.get(int(cell))
            if places:
                votes[places] += rarity(float(times), len(places), count)
        return votes


def rarity(times: float, held: int, count: int) -> float:
    """What a shared cell is worth: the log of how few records have it, less for being asked for again and again."""
    return float(np.sqrt(times) * np.log1p(count / held))
