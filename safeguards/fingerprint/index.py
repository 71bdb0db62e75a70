"""An in-memory index: every vector of every record in one matrix, a coarse pass by matrix product, then exact alignment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint.matching import Match, align
from safeguards.fingerprint.record import COMPONENTS, Record

_CANDIDATES = 24
_GROWTH = 2


class FingerprintIndex:
    """Records by id. Not safe for writing from several threads."""

    def __init__(self) -> None:
        self._records: list[tuple[str, Record]] = []
        self._places: dict[str, int] = {}
        self._starts: list[int] = []
        self._matrix: NDArray[np.float32] = np.zeros((1024, COMPONENTS), dtype=np.float32)
        self._used = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, id: str, data: bytes) -> None:  # noqa: A002 - DESIGN's word
        """Add a record; an id added again is replaced.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        record = Record.from_bytes(data)
        end = self._used + len(record.vectors)
        if end > len(self._matrix):
            grown = np.zeros((max(end, len(self._matrix) * _GROWTH), COMPONENTS), dtype=np.float32)
            grown[: self._used] = self._matrix[: self._used]
            self._matrix = grown
        self._matrix[self._used : end] = record.vectors
        self._starts.append(self._used)
        self._used = end
        self._places[id] = len(self._records)
        self._records.append((id, record))

    def remove(self, id: str) -> None:  # noqa: A002 - DESIGN's word
        """Forget a record; an unknown id changes nothing. Its vectors stay in the matrix but are never returned."""
        self._places.pop(id, None)

    def query(self, data: bytes, top: int = 5) -> list[Match]:
        """The ``top`` best records, most surprising first. Their ``log10_p`` is corrected for the number of records searched.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        wanted = Record.from_bytes(data)
        if not self._records:
            return []
        similarity = wanted.vectors @ self._matrix[: self._used].T
        nearest = np.maximum.reduceat(similarity, self._starts, axis=1)  # [query vectors, records]
        coarse = nearest.mean(axis=0)
        candidates = np.argsort(-coarse)[: max(_CANDIDATES, 4 * top)]
        correction = float(np.log10(max(1, len(self))))
        found: list[Match] = []
        for place in candidates:
            name, record = self._records[int(place)]
            if self._places.get(name) != place:
                continue
            match = align(wanted, record, name)
            if match is not None:
                log10_p = min(0.0, match.log10_p + correction)
                found.append(Match(name, match.score, match.offset_s, match.speed, log10_p, match.overlap_s))
        return sorted(found, key=lambda match: match.log10_p)[:top]
