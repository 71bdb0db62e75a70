"""Which cues in which bands of frequencies spoke: each is replaced by what is usual, and the score is taken again."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import FEATURES
from safeguards.detector.model import Model
from safeguards.detector.phases import PHASES
from safeguards.detector.statistics import places
from safeguards.evidence import BandShare

_EDGES_HZ = (0.0, 1000.0, 2000.0, 4000.0, 6000.0, 8000.0)
_WHOLE = (0.0, 8000.0)
MOST = 3


@lru_cache(maxsize=1)
def patches() -> tuple[tuple[str, float, float, NDArray[np.int64]], ...]:
    """(cue, low, high, places among the statistics): every number belongs to one patch."""
    found: dict[tuple[str, float, float], list[int]] = {}
    at = 0
    for cue, hertz in places(FEATURES + PHASES):
        for offset, middle in enumerate(hertz):
            found.setdefault((cue, *_band(float(middle))), []).append(at + offset)
        at += len(hertz)
    return tuple((cue, low, high, np.array(members)) for (cue, low, high), members in found.items())


def explain(model: Model, numbers: Floats, slope: float) -> list[tuple[BandShare, ...]]:
    """The loudest cues of each window, and last those of all together.

    Args:
        model: whose score is explained.
        numbers: statistics ``[windows, numbers]``.
        slope: of the calibration, so that shares are in calibrated log odds.

    Returns:
        ``windows + 1`` tuples of up to three shares, largest first by size. Shares do not add up to the score: cues overlap.
    """
    shares = model.shares(numbers, [members for *_, members in patches()]) * np.float32(slope)
    return [_loudest(row) for row in [*shares, shares.mean(axis=0)]]


def _loudest(row: NDArray[np.floating]) -> tuple[BandShare, ...]:
    order = np.argsort(-np.abs(row))[:MOST]
    return tuple(BandShare(*patches()[int(place)][:3], round(float(row[place]), 3)) for place in order)


def _band(hertz: float) -> tuple[float, float]:
    if np.isnan(hertz):
        return _WHOLE
    upper = next(number for number, edge in enumerate(_EDGES_HZ) if edge > hertz)
    return _EDGES_HZ[upper - 1], _EDGES_HZ[upper]
