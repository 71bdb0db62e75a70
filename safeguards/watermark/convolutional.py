"""A tail-biting convolutional code, rate 1/6, constraint length 11, and its wrap-around list Viterbi decoder.

Tail-biting: Ma and Wolf (1986), "On tail biting convolutional codes", IEEE Trans. Commun. 34(2). Decoding: Shao, Lin and
Fossorier (2003), "Two decoding algorithms for tailbiting codes", IEEE Trans. Commun. 51(10), section III (wrap-around). The list:
Seshadri and Sundberg (1994), "List Viterbi decoding algorithms with applications", IEEE Trans. Commun. 42(2/3/4), section III (serial);
of the alternatives only those that leave the best path once, wherever around the ring.
The generators are known rate-1/2 and 1/4 ones of this length; the set was chosen by free distance (44).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.watermark.layout import CHECK_BITS, CODE_RATE, CODED_BITS, MESSAGE_BITS, Array, Index

GENERATORS: Final = (0o2671, 0o3175, 0o2565, 0o3723, 0o3345, 0o3613)
MEMORY: Final = 10
BITS: Final = MESSAGE_BITS + CHECK_BITS
_STATES: Final = 1 << MEMORY
_TAPS: Final = np.array([[g >> (MEMORY - j) & 1 for j in range(MEMORY + 1)] for g in GENERATORS], dtype=np.int64)
_LAPS: Final = 3
_SHIFTS: Final = np.arange(BITS - 1, -1, -1)
_POWERS: Final = 1 << _SHIFTS


def _generator() -> Array:
    """Coded bits that each message bit turns, ``[BITS, CODED_BITS]``: the code is linear and wraps around."""
    unit = np.eye(BITS, dtype=np.int64)
    recent = np.stack([np.roll(unit, j, axis=1) for j in range(MEMORY + 1)], axis=2)
    return (recent @ _TAPS.T).reshape(BITS, CODED_BITS).astype(np.float32)


_GENERATOR = _generator()


def encode(bits: Index) -> Array:
    """Encode rows of ``BITS`` bits, ``[n, BITS]`` in {0, 1}, into ±1 codewords ``[n, CODED_BITS]`` (+1 for 0)."""
    turned = bits.astype(np.float32) @ _GENERATOR  # whole numbers up to BITS: exact, and in the fast product
    codewords: Array = 1 - 2 * (turned.astype(np.int32) & 1).astype(np.float32)
    return codewords


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
        For each row the distinct candidate messages ``[candidates, BITS]`` in {0, 1}: around the best end states, and those that
        leave the best path once.
    """
    rows = len(soft)
    metrics = np.moveaxis(soft.reshape(rows, BITS, CODE_RATE) @ _TABLE.T, 1, 0)[:, :, _LABELS]
    score = np.zeros((rows, _STATES), dtype=np.float32)
    steps = _LAPS * BITS
    odd_won = np.empty((steps, rows, _STATES), dtype=np.bool_)
    half = _STATES // 2
    after, fresh = np.empty_like(score), np.empty_like(score)
    for i in range(steps):
        even, odd, branch = score[:, 0::2], score[:, 1::2], metrics[i % BITS]
        np.subtract(odd, branch, out=after[:, :half])
        np.add(odd, branch, out=after[:, half:])
        np.add(even, branch, out=fresh[:, :half])
        np.subtract(even, branch, out=fresh[:, half:])
        np.greater(after, fresh, out=odd_won[i])
        np.maximum(after, fresh, out=fresh)
        score, fresh = fresh, score
    state = np.argpartition(-score, size, axis=1)[:, :size]
    row = np.arange(rows)[:, None]
    bits = np.empty((2 * BITS, rows, size), dtype=np.int64)
    for back in range(2 * BITS):
        won = odd_won[steps - 1 - back, row, state]
        bits[2 * BITS - 1 - back] = state >> (MEMORY - 1)
        state = _before(state, won)
    words = np.tensordot(_POWERS, bits.reshape(2, BITS, rows, size), (0, 1)).transpose(1, 0, 2).reshape(rows, -1)
    words = np.concatenate([words, _detours(odd_won, score.argmax(axis=1))], axis=1)
    return [np.unique(row)[:, None] >> _SHIFTS & 1 for row in words]


def _detours(odd_won: NDArray[np.bool_], end: Index) -> Index:
    """Words ``[rows, BITS]`` that take the losing branch into the best path once, at each step of the last lap, and win from there back.

    Args:
        odd_won: whether the odd predecessor won, ``[steps, rows, states]``.
        end: best end state of every row.
    """
    rows = len(end)
    row = np.arange(rows)[:, None]
    state = np.empty(
        (rows, BITS), dtype=np.int64
    )  # of the best path after each step of the last lap, the last step first
    state[:, 0] = end
    step = len(odd_won) - 1 - np.arange(BITS)
    for back in range(1, BITS):
        state[:, back] = _before(state[:, back - 1], odd_won[step[back - 1], row[:, 0], state[:, back - 1]])
    words = np.zeros((rows, BITS), dtype=np.int64)
    for back in range(BITS):
        words |= (state >> (MEMORY - 1)) << _SHIFTS[(step - back) % BITS]
        won = odd_won[step - back, row, state]
        state = _before(state, ~won if back == 0 else won)
    return words


def _before(state: Index, odd: NDArray[np.bool_]) -> Index:
    """Predecessor of each state."""
    earlier: Index = ((state & (_STATES // 2 - 1)) << 1) | odd
    return earlier
