"""An index of fingerprints in memory."""

from __future__ import annotations

import numpy as np

from safeguards.fingerprint.cells import Cells
from safeguards.fingerprint.matching import Match, judge, seconds
from safeguards.fingerprint.record import Record

CANDIDATES = 8  # whose alignment is computed; the right record is first of the coarse stage far more often than not


def rank(query: Record, candidates: list[tuple[str, Record]], searched_s: float, top: int) -> list[Match]:
    """The candidates aligned with the query, least likely chance first; ``log10_p`` is against all that was searched."""
    found = [judge(query, record, name, searched_s=searched_s) for name, record in candidates]
    return sorted(found, key=lambda match: (match.log10_p, -match.strength))[:top]


class FingerprintIndex:
    """Ids and fingerprints; grows and shrinks; nothing is written."""

    def __init__(self) -> None:
        self._cells = Cells()
        self._records: list[tuple[str, bytes] | None] = []
        self._places: dict[str, int] = {}
        self._seconds = 0.0

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, id: str) -> bool:  # noqa: A002 - DESIGN's word
        return id in self._places

    def add(self, id: str, data: bytes) -> None:  # noqa: A002 - DESIGN's word
        """Add a record, replacing any of the same id.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        record = Record.from_bytes(data)
        self.remove(id)
        place = len(self._records)
        self._places[id] = place
        self._records.append((id, data))
        self._seconds += seconds(record)
        self._cells.add(place, record)

    def remove(self, id: str) -> None:  # noqa: A002 - DESIGN's word
        """Forget a record; an unknown id changes nothing."""
        place = self._places.pop(id, None)
        if place is None:
            return
        held = self._records[place]
        if held is not None:
            self._seconds -= seconds(Record.from_bytes(held[1]))
        self._records[place] = None

    def query(self, data: bytes, top: int = 5) -> list[Match]:
        """The ``top`` best records, least likely chance first; ``log10_p`` is against the whole index.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        wanted = Record.from_bytes(data)
        votes = self._cells.votes(wanted, len(self._records))
        order = np.argsort(-votes, kind="stable")
        candidates: list[tuple[str, Record]] = []
        for place in order:
            held = self._records[int(place)]
            if held is not None:
                candidates.append((held[0], Record.from_bytes(held[1])))
            if len(candidates) >= max(CANDIDATES, top):
                break
        return rank(wanted, candidates, self._seconds, top)
