"""The fingerprints of all released clips, of both worlds, in this process's memory.

The rows are the truth. The index is filled on first use and brought up to date at each question: new clips are added and
erased ones are left out.
"""

from __future__ import annotations

import threading
from typing import Final

from safeguards.fingerprint import FingerprintIndex, Match
from synthesis.models import Clip

_PAGE: Final = 500


class ClipIndex:
    """A ``FingerprintIndex`` that follows the rows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = FingerprintIndex()
        self._held: set[str] = set()

    def matches(self, printed: bytes) -> list[Match]:
        """The clips that a fingerprint comes of, most surprising first; those that chance may explain are left out."""
        with self._lock:
            self._refresh()
            found = self._index.query(printed, top=5)
        return [match for match in found if match.believed]

    def _refresh(self) -> None:
        rows = Clip.objects.exclude(fingerprint=None)
        current = set(rows.values_list("pk", flat=True))
        for erased in self._held - current:
            self._index.remove(erased)
        self._held &= current
        fresh = sorted(current - self._held)
        for start in range(0, len(fresh), _PAGE):
            for clip_id, printed in rows.filter(pk__in=fresh[start : start + _PAGE]).values_list("pk", "fingerprint"):
                if printed is not None:
                    self._index.add(clip_id, bytes(printed))
                    self._held.add(clip_id)


_index = ClipIndex()


def clip_index() -> ClipIndex:
    """The one index of this process."""
    return _index
