"""The keyed pattern: which cells are pilots, which coded bit each data cell carries, and the sign of every cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safeguards.watermark import convolutional
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import (
    BANDS,
    BLOCK_SLOTS,
    CHECK_BITS,
    CODED_BITS,
    DATA_PER_SLOT,
    MESSAGE_BITS,
    PILOTS_PER_SLOT,
    SEQUENCE_SLOTS,
    Array,
    Index,
)


@dataclass(frozen=True, eq=False)
class Pattern:
    """One key's sequence of ``SEQUENCE_SLOTS`` slots.

    Attributes:
        scramble: ±1 for every cell, ``[SEQUENCE_SLOTS, BANDS]``.
        pilot: True where the cell carries no data, same shape.
        coded: index of the coded bit a data cell carries, -1 at pilots, same shape.
    """

    scramble: Array
    pilot: NDArray[np.bool_]
    coded: Index

    @property
    def pilots(self) -> Array:
        """Signs of the pilots and 0 at data cells, ``[SEQUENCE_SLOTS, BANDS]``."""
        return np.where(self.pilot, self.scramble, np.float32(0))

    def signs(self, codeword: Array) -> Array:
        """Signs of all cells for a ±1 ``codeword`` of ``CODED_BITS`` values, ``[SEQUENCE_SLOTS, BANDS]``."""
        signs: Array = self.scramble * np.append(codeword, np.float32(1))[self.coded]
        return signs


@lru_cache(maxsize=64)
def pattern_of(key: WatermarkKey) -> Pattern:
    """Expand ``key`` into its pattern; kept for the last 64 keys."""
    shape = (SEQUENCE_SLOTS, BANDS)
    bits = np.unpackbits(np.frombuffer(key.stream("cell signs", SEQUENCE_SLOTS * BANDS // 8), np.uint8))
    scramble = (1 - 2 * bits.astype(np.float32)).reshape(shape)
    order = np.frombuffer(key.stream("cell roles", SEQUENCE_SLOTS * BANDS * 8), "<u8").reshape(shape).argsort(axis=1)
    pilot = np.zeros(shape, dtype=np.bool_)
    np.put_along_axis(pilot, order[:, :PILOTS_PER_SLOT], True, axis=1)
    coded = np.full(shape, -1, dtype=np.int64)
    coded[~pilot] = _interleaver(key)
    for array in (scramble, pilot, coded):
        array.setflags(write=False)
    return Pattern(scramble, pilot, coded)


def sought(key: WatermarkKey, payload: int | None) -> Array:
    """Signs that are known before anything is read, 0 elsewhere, ``[SEQUENCE_SLOTS, BANDS]``: the pilots', or all for a given payload."""
    pattern = pattern_of(key)
    return pattern.pilots if payload is None else pattern.signs(codeword_of(payload, key))


def _interleaver(key: WatermarkKey) -> Index:
    """Coded-bit index of each data cell in time order: an independent permutation of all coded bits per block of slots."""
    blocks = -(-SEQUENCE_SLOTS // BLOCK_SLOTS)
    words = np.frombuffer(key.stream("interleaver", blocks * CODED_BITS * 8), "<u8").reshape(blocks, CODED_BITS)
    order: Index = words.argsort(axis=1).reshape(-1)[: SEQUENCE_SLOTS * DATA_PER_SLOT]
    return order


def check_of(payload: int, key: WatermarkKey) -> int:
    """Return the ``CHECK_BITS`` keyed check bits of ``payload``."""
    return int.from_bytes(key.mac("check", payload.to_bytes(4, "big"))[: CHECK_BITS // 8], "big")


def codeword_of(payload: int, key: WatermarkKey) -> Array:
    """Return the ±1 codeword of ``payload`` with its check, ``[CODED_BITS]``."""
    word = payload << CHECK_BITS | check_of(payload, key)
    bits = np.array([word >> i & 1 for i in range(MESSAGE_BITS + CHECK_BITS - 1, -1, -1)], dtype=np.int64)
    codeword: Array = convolutional.encode(bits[None])[0]
    return codeword


def start_slot(payload: int, key: WatermarkKey) -> int:
    """Return the slot of the sequence at which a clip with ``payload`` starts, so that clips cannot be averaged by their starts."""
    return int.from_bytes(key.mac("start", payload.to_bytes(4, "big"))[:4], "big") % SEQUENCE_SLOTS
