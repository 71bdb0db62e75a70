"""How gently a clip is marked: by its length, and by how surely its mark is heard.

A clip of some seconds has cells to spare, and is eased (``masking.gain_caps``). Not every one has: where half of it is a pause, or a
voice leaves the mark little room, the eased mark stands, but a narrow codec takes the payload. So the embedder looks at what its
first round reached, with the detector's own score, and in the second eases pauses only as far as that allows.

Clips of 3 to 8 s, wholly those of 5 to 7 s, are found more surely than they are read, so data cells count more than pilots. From 7 s
on, and wholly from 10 s on, a clip is marked to be found after AMR-NB at 4.75 kbit/s: its pauses are not eased, and pilots
count more than data cells, of which so long a clip has plenty (docs/watermark.md has what that costs and brings).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from safeguards.watermark.features import score_map
from safeguards.watermark.layout import SLOT_FRAMES, SLOT_WEIGHTS, Array

SCORES: Final = (15.0, 18.0, 25.0, 29.0)
"""Scores over all cells of 5 s, before any attack, and the share of the easing of pauses that each can afford. A quarter of it costs PESQ
.02 at most; the rest up to .05, and is for clips whose payload Opus at 16 kbit/s would take: it leaves .56 to .73 of the score, and 12 to
13 have to be left."""
SHARES: Final = (0.0, 0.75, 0.75, 1.0)
_SHORT_S: Final = 1.5
_LONG_S: Final = 5.0
_LEAN_FROM_S: Final = 7.0
_LEAN_FULL_S: Final = 10.0
_LEAN_SECONDS: Final = (3.0, 5.0, _LEAN_FROM_S, _LEAN_FULL_S)
_LEANS: Final = (0.0, -0.15, -0.15, 0.3)
"""By how much pilots count more than data cells. What 5 s gain and lose by it: docs/watermark.md."""


def easing(seconds: float) -> float:
    """Easing of a clip of ``seconds``, from 0 (none, up to 1.5 s) to 1 (from 5 s on)."""
    return float(np.clip(np.log(seconds / _SHORT_S) / np.log(_LONG_S / _SHORT_S), 0, 1))


def pauses_eased(z: float, seconds: float) -> float:
    """Share of the easing of pauses that a clip of ``seconds`` which scored ``z`` can afford, from 0 to 1; none from 10 s on."""
    of_five_seconds = z * math.sqrt(_LONG_S / seconds)
    return float(np.interp(of_five_seconds, SCORES, SHARES)) * (1 - _leaning(seconds))


def pilot_lean(seconds: float) -> float:
    """By how much pilots count more than 1, and data cells less, in the embedder's hinge, by the clip's length; negative: less."""
    return float(np.interp(seconds, _LEAN_SECONDS, _LEANS))


def _leaning(seconds: float) -> float:
    return float(np.interp(seconds, (_LEAN_FROM_S, _LEAN_FULL_S), (0.0, 1.0)))


def score_of(spectral_power: Array, signs: Array) -> float:
    """z-score of all cells of a marked power spectrum ``[bins, frames]`` against the signs it should have, ``[BANDS, frames]``."""
    scores = score_map(spectral_power) * np.resize(SLOT_WEIGHTS, spectral_power.shape[1])
    cells = np.add.reduceat(scores * signs, np.arange(0, scores.shape[1], SLOT_FRAMES), axis=1)
    return float(cells.sum(dtype=np.float64)) / (float(np.sqrt(np.sum(cells**2, dtype=np.float64))) + 1e-9)
