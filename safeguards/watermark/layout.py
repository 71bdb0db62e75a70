"""The grid that embedder and detector share: analysis frames, bands, slots, and the length of the keyed sequence.

The mark lives in the log-energies of a short-time spectrum at 16 kHz. Frames are 32 ms Hann windows every 10 ms; four frames
make a slot of 40 ms; 36 bands cover 300 to 3800 Hz, uniform on log(1 + f/1000), so that a telephone carries all of them.
A *cell* is one band in one slot and carries one sign.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Index = NDArray[np.int64]

RATE: Final = 16_000
WINDOW: Final = 512
HOP: Final = 160
FRAMES_PER_SECOND: Final = RATE // HOP
SLOT_FRAMES: Final = 4
SLOT_WEIGHTS: Final = np.array([0.6, 1.0, 1.0, 0.6], dtype=np.float32)
SLOT_WEIGHTS.setflags(write=False)

BANDS: Final = 36
LOW_HZ: Final = 300.0
HIGH_HZ: Final = 3800.0
_KNEE_HZ: Final = 1000.0

SEQUENCE_SLOTS: Final = 1024
"""Slots before the keyed sequence repeats (41 s): longer than nearly every clip, so that folding a clip on itself reveals nothing."""
SEQUENCE_FRAMES: Final = SEQUENCE_SLOTS * SLOT_FRAMES
PILOTS_PER_SLOT: Final = 18
DATA_PER_SLOT: Final = BANDS - PILOTS_PER_SLOT

MESSAGE_BITS: Final = 32
CHECK_BITS: Final = 16
CODE_RATE: Final = 6
CODED_BITS: Final = (MESSAGE_BITS + CHECK_BITS) * CODE_RATE
BLOCK_SLOTS: Final = CODED_BITS // DATA_PER_SLOT
"""Slots in which every coded bit occurs once (640 ms)."""


def band_edges() -> NDArray[np.float64]:
    """Return the ``BANDS + 1`` band edges in hertz."""
    warped = np.linspace(np.log1p(LOW_HZ / _KNEE_HZ), np.log1p(HIGH_HZ / _KNEE_HZ), BANDS + 1)
    edges: NDArray[np.float64] = _KNEE_HZ * np.expm1(warped)
    return edges


@cache
def band_matrix(pitch: float = 1.0) -> Array:
    """Return the weights ``[BANDS, WINDOW // 2 + 1]`` that sum bin powers into bands, for spectra scaled by ``pitch``."""
    width = RATE / WINDOW
    centre = np.arange(WINDOW // 2 + 1) * width
    edges = band_edges() * pitch
    low = np.maximum(centre[None] - width / 2, edges[:-1, None])
    high = np.minimum(centre[None] + width / 2, edges[1:, None])
    matrix: Array = np.clip((high - low) / width, 0, 1).astype(np.float32)
    matrix.setflags(write=False)
    return matrix
