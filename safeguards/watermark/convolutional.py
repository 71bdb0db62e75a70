"""A tail-biting convolutional code, rate 1/6, constraint length 11, and its wrap-around list Viterbi decoder.

Tail-biting: Ma and Wolf (1986), "On tail biting convolutional codes", IEEE Trans. Commun. 34(2). Decoding: Shao, Lin and
Fossorier (2003), "Two decoding algorithms for tailbiting codes", IEEE Trans. Commun. 51(10), section III (wrap-around).
The generators are known rate-1/2 and 1/4 ones of this length; the set was chosen by free distance (44).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from safeguards.watermark.layout import CHECK_BITS, CODE_RATE, CODED_BITS, MESSAGE_BITS, Array, Index

GENERATORS: Final = (0o2671, 0o3175, 0o2565, 0o3723, 0o3345, 0o3613)
MEMORY: Final = 10
BITS: Final = MESSAGE_BITS + CHECK_BITS
_STATES: Final = 1 << MEMORY
_TAPS: Final = np.array([[g >> (MEMORY - j) & 1 for j in range(MEMORY + 1)] for g in GENERATORS], dtype=np.int64)
_LAPS: Final = 3


def encode(bits: Index) -> Array:
    """Encode rows of ``BITS`` bits, ``[n, BITS]`` in {0, 1}, into ±1 codewords ``[n, CODED_BITS]`` (+1 for 0)."""
    recent = np.stack([np.roll(bits, j, axis=1) for j in range(MEMORY + 1)], axis=2)
    return (1 - 2 * ((recent @ _TAPS.T) % 2)).reshape(len(bits), CODED_BITS).astype(np.float32)


def _branches() -> tuple[Index, Array]:
    """Label of the branch from each even state with a new 0, ``[states / 2]``, and the ±1 outputs of each label.

    Every generator has its first and its last tap, so a new 1 turns all outputs of a branch, and so does an odd state.
    """
    register = np.arange(0, _STATES, 2)[:, None] >> np.arange(MEMORY - 1, -1, -1) & 1
    labels = (register @ _TAPS[:, 1:].T) % 2 @ (1 << np.arange(CODE_RATE))
    table = 1 - 2 * (np.arange(1 << CODE_RATE)[:, None] >> np.arange(CODE_RATE) & 1)
    return labels, table.astype(np.float32)


_LABELS, _TABLE = _branches()


def decode_list(soft: Array, size: int) -> list[Index]:
    """Find likely messages.

    Args:
        soft: soft values ``[n, CODED_BITS]``, positive where the coded bit looks like 0.
        size: how many end states to trace back for each row.

    Returns:
        For each row the distinct candidate messages ``[candidates, BITS]`` in {0, 1}.
    """
    rows = len(soft)
    metrics = np.moveaxis(soft.reshape(rows, BITS, CODE_RATE) @ _TABLE.T, 1, 0)[:, :, _LABELS]
    score = np.zeros((rows, _STATES), dtype=np.float32)
    steps = _LAPS * BITS
    odd_won = np.empty((steps, rows, _STATES), dtype=np.bool_)
    for i in range(steps):
        even, odd, branch = score[:, 0::2], score[:, 1::2], metrics[i % BITS]
        after = np.concatenate([odd - branch, odd + branch], axis=1)
        score = np.concatenate([even + branch, even - branch], axis=1)
        np.greater(after, score, out=odd_won[i])
        np.maximum(after, score, out=score)
    state = np.argpartition(-score, size, axis=1)[:, :size]
    row = np.arange(rows)[:, None]
    bits = np.empty((2 * BITS, rows, size), dtype=np.int64)
    for back in range(2 * BITS):
        won = odd_won[steps - 1 - back, row, state]
        bits[2 * BITS - 1 - back] = state >> (MEMORY - 1)
        state = ((state & (_STATES // 2 - 1)) << 1) | won
    laps = bits.reshape(2, BITS, rows, size).transpose(2, 0, 3, 1).reshape(rows, 2 * size, BITS)
    return [np.unique(lap, axis=0) for lap in laps]
