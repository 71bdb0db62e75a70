"""From an alignment of frames to cell sums, z-scores and decoded messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from safeguards.watermark import convolutional
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import (
    CHECK_BITS,
    CODED_BITS,
    SLOT_FRAMES,
    SLOT_WEIGHTS,
    Array,
    Index,
)
from safeguards.watermark.pattern import check_of, codeword_of, pattern_of

LIST_SIZE: Final = 64
CHECKED: Final = 8
_CLIP: Final = 3.0


@dataclass(frozen=True, slots=True)
class Read:
    """A message whose keyed check holds, and the z-score of all cells against its codeword."""

    payload: int
    z: float


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Cell sums ``[slots, BANDS]`` of the slots of the sequence that a sound covers, and which those are ``[slots]``."""

    slots: Index
    sums: Array


def cell_sums(scores: Array, at: Index) -> Cells:
    """Sum a score map ``[BANDS, frames]`` over the frames of each slot of the sequence.

    Args:
        scores: score map.
        at: sequence frame of each frame.
    """
    slot = at // SLOT_FRAMES
    weighted = (scores * SLOT_WEIGHTS[at % SLOT_FRAMES]).T
    order = np.argsort(slot, kind="stable")
    ordered = slot[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    return Cells(ordered[first], np.add.reduceat(weighted[order], first, axis=0))


def z_score(cells: Cells, signs: Array) -> float:
    """Normalised sum of cells against signs ``[SEQUENCE_SLOTS, BANDS]`` (0 where a cell does not count)."""
    wanted = signs[cells.slots]
    norm = float(np.sqrt(np.sum((cells.sums * np.abs(wanted)) ** 2, dtype=np.float64)))
    return float(np.sum(cells.sums * wanted, dtype=np.float64)) / (norm + 1e-9)


def soft_bits(cells: Cells, key: WatermarkKey) -> Array:
    """Soft values of the coded bits ``[CODED_BITS]``, mean magnitude 1, clipped."""
    pattern = pattern_of(key)
    coded = pattern.coded[cells.slots]
    data = coded >= 0
    values = (cells.sums * pattern.scramble[cells.slots])[data]
    soft = np.bincount(coded[data], weights=values, minlength=CODED_BITS)
    scaled: Array = (soft / (np.abs(soft).mean() + 1e-9)).astype(np.float32)
    return np.clip(scaled, -_CLIP, _CLIP)


def read_messages(candidates: list[Cells], key: WatermarkKey) -> list[Read | None]:
    """Decode each candidate's cells; for each the likeliest message whose check holds, if it is among the first few.

    Where the mark is there but too weak to be read, each word looked at passes the check with probability 2**-16 and would
    be a wrong read; so only the ``CHECKED`` words that fit best are looked at.
    """
    soft = np.stack([soft_bits(cells, key) for cells in candidates])
    powers = 1 << np.arange(convolutional.BITS - 1, -1, -1, dtype=np.int64)
    reads: list[Read | None] = []
    for cells, bits, messages in zip(candidates, soft, convolutional.decode_list(soft, LIST_SIZE), strict=True):
        fit = convolutional.encode(messages) @ bits
        words = (messages[np.argsort(-fit)[:CHECKED]] @ powers).tolist()
        passed = [w >> CHECK_BITS for w in words if check_of(w >> CHECK_BITS, key) == w & ((1 << CHECK_BITS) - 1)]
        if not passed:
            reads.append(None)
            continue
        signs = pattern_of(key).signs(codeword_of(passed[0], key))
        reads.append(Read(passed[0], z_score(cells, signs)))
    return reads
