"""An index of fingerprints in memory."""

from __future__ import annotations

from safeguards.fingerprint.cells import Cells
from safeguards.fingerprint.matching import Match, seconds
from safeguards.fingerprint.ranking import CANDIDATES, rank
from safeguards.fingerprint.record import Record


class FingerprintIndex:
    """Ids and fingerprints; grows and shrinks, nothing is written. For a million records see ``FingerprintStore``."""

    def __init__(self) -> None:
        self._cells = Cells()
        self._records: list[tuple[str, bytes] | None] = []
        self._places: dict[str, int] = {}
        self._seconds = 0.0

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, id: str) -> bool:  # noqa: A002 - DESIGN's word
        return id in self._places

    @property
    def seconds(self) -> float:
        """Length of all that is held."""
        return self._seconds

    def items(self) -> list[tuple[str, bytes]]:
        """Ids and fingerprints in the order they were added."""
        return [held for held in self._records if held is not None]

    def add(self, id: str, data: bytes) -> None:  # noqa: A002 - DESIGN's word
        """Add a record, replacing any of the same id.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        record = Record.from_bytes(data)
        self.remove(id)
        place = len(self._records)
        self._cells.add(place, record)
        self._places[id] = place
        self._records.append((id, data))
        self._seconds += seconds(record)

    def remove(self, id: str) -> None:  # noqa: A002 - DESIGN's word
        """Forget a record; an unknown id changes nothing. Its entries stay in the cells but are never returned."""
        place = self._places.pop(id, None)
        if place is None:
            return
        held = self._records[place]
        if held is not None:
            self._seconds -= seconds(Record.from_bytes(held[1]))
        self._records[place] = None

    def candidates(self, query: Record, most: int = CANDIDATES) -> list[tuple[str, Record]]:
        """What the coarse stage proposes, best first; everything while there is not more than that."""
        if len(self._places) <= most:
            return [(name, Record.from_bytes(data)) for name, data in self.items()]
        # Removed records still stand in their cells: ask for more.
        spare = most + len(self._records) - len(self._places)
        held = (self._records[place] for place in self._cells.elect(query, spare)[0])
        return [(found[0], Record.from_bytes(found[1])) for found in held if found is not None][:most]

    def query(self, data: bytes, top: int = 5) -> list[Match]:
        """The ``top`` best records, least likely chance first; ``log10_p`` is against the whole index.

        Raises:
            FingerprintError: for bytes that are no fingerprint.
        """
        wanted = Record.from_bytes(data)
        return rank(wanted, self.candidates(wanted, max(CANDIDATES, top)), self._seconds, top)
