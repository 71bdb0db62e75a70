"""The fine stage of an index: candidates of the coarse stage, aligned in the order of the best they could reach."""

from __future__ import annotations

from typing import Final

import numpy as np

from safeguards.fingerprint.alignment import ceiling
from safeguards.fingerprint.matching import Match, judge
from safeguards.fingerprint.planes import question
from safeguards.fingerprint.record import Record

CANDIDATES: Final = 32  # of the coarse stage; their ceilings are computed
ALIGNED: Final = 4  # so many are aligned, or as many as are asked for


def rank(query: Record, candidates: list[tuple[str, Record]], searched_s: float, top: int) -> list[Match]:
    """The best candidates, least likely chance first; ``log10_p`` is against all that was searched.

    No alignment scores above its ceiling, so candidates below the last kept score are passed over without loss.
    """
    asked = question(query)
    ceilings = np.array([ceiling(asked, record) for _, record in candidates])
    found: list[Match] = []
    for place in np.argsort(-ceilings, kind="stable")[: max(ALIGNED, top)]:
        if len(found) >= top and ceilings[place] <= sorted(match.strength for match in found)[-top]:
            break
        name, record = candidates[int(place)]
        found.append(judge(asked, record, name, searched_s=searched_s))
    return sorted(found, key=lambda match: (match.log10_p, -match.strength))[:top]
