"""The decode step, compiled by numba when this module is first imported, which takes some seconds."""

from __future__ import annotations

import ctypes
import math
from typing import Any, Final

import numpy as np
from numba import carray, float32, njit  # type: ignore[attr-defined]

from synthesis.engine.gpt_sovits.t2s.fused import ROWS
from synthesis.engine.gpt_sovits.t2s.kernels import cache_at, count_up, counted, multiply_block

_TOGETHER: Final = 4  # requests whose sums are kept in registers at once
_ZERO: Final = np.float32(0)
# Sums may be put in another order; nothing else is given up (no NaN is assumed away, and the like).
_FAST: Final = {"reassoc", "contract", "nsz"}

_PATIENCE: Final = 2_000  # looks before a core is offered to others
_give_way = ctypes.CDLL(None).sched_yield
_give_way.argtypes, _give_way.restype = [], ctypes.c_int

_one, _several = multiply_block(1), multiply_block(_TOGETHER)


@njit
def share_of(blocks: Any, part: Any, parts: Any) -> Any:
    """First block of a part and the first beyond it."""
    return blocks * part // parts, blocks * (part + 1) // parts


@njit
def meet(counter: Any, arrivals: Any) -> None:
    """Wait until so many have arrived. Parts are in step to within microseconds, so that looking beats sleeping; where a
    neighbour has the other's core, it is let go on."""
    count_up(counter)  # type: ignore[call-arg]
    looks = 0
    while counted(counter) < arrivals:
        looks += 1
        if looks > _PATIENCE:
            _give_way()


@njit
def dense(weights: Any, at: Any, x: Any, bias: Any, y: Any, part: Any, parts: Any) -> Any:
    """A part of ``y = W x + bias`` over rows; where the next weights begin."""
    (count, inputs), outputs = x.shape, y.shape[1]
    first, beyond = share_of(outputs // ROWS, part, parts)
    for output in range(first * ROWS, beyond * ROWS, ROWS):
        row = 0
        while row + _TOGETHER <= count:
            _several(weights, at + output * inputs, x, row, y, output)
            row += _TOGETHER
        while row < count:
            _one(weights, at + output * inputs, x, row, y, output)
            row += 1
    for row in range(count):
        for output in range(first * ROWS, min(beyond * ROWS, bias.shape[0])):
            y[row, output] += bias[output]
    return at + outputs * inputs


@njit(fastmath=_FAST)
def add_and_normalise(x: Any, more: Any, scale: Any, shift: Any) -> None:
    """``x = normalised(x + more)``, in place."""
    width = x.shape[0]
    mean = _ZERO
    for i in range(width):
        x[i] += more[i]
        mean += x[i]
    mean /= float32(width)
    square = _ZERO
    for i in range(width):
        square += (x[i] - mean) * (x[i] - mean)
    factor = float32(1) / float32(math.sqrt(square / float32(width) + float32(1e-5)))
    for i in range(width):
        x[i] = (x[i] - mean) * factor * scale[i] + shift[i]


@njit(fastmath=_FAST)
def attend(qkv: Any, cache: Any, length: int, shares: Any, mixed: Any, first: int, beyond: int) -> None:
    """Attention of one row to its past and itself, by some of the heads."""
    heads, head = cache.shape[1], cache.shape[3]
    scale = float32(1 / math.sqrt(head))
    for h in range(first, beyond):
        keys, values = cache[0, h], cache[1, h]
        query, out = qkv[h * head : (h + 1) * head], mixed[h * head : (h + 1) * head]
        for d in range(head):
            keys[length, d] = qkv[(heads + h) * head + d]
            values[length, d] = qkv[(2 * heads + h) * head + d]
            out[d] = _ZERO
        highest = float32(-np.inf)
        for j in range(length + 1):
            score = _ZERO
            for d in range(head):
                score += keys[j, d] * query[d]
            shares[j] = score * scale
            highest = max(highest, shares[j])
        total = _ZERO
        for j in range(length + 1):
            shares[j] = float32(math.exp(shares[j] - highest))
            total += shares[j]
        for j in range(length + 1):
            share = shares[j] / total
            for d in range(head):
                out[d] += share * values[j, d]


@njit(
    "void(uint16[::1], float32[:,::1], float32[:,::1], int64[:,::1], int64, int64, float32[:,::1], float32[:,::1],"
    "int64[::1], int64, int64)",
    nogil=True,
)
def step(
    weights: Any,
    vectors: Any,
    x: Any,
    places: Any,
    heads: int,
    inner: int,
    between: Any,
    logits: Any,
    counter: Any,
    part: int,
    parts: int,
) -> None:
    """A part of a step, see ``fused.Fused.step``. Each sum is done by one part, so that their number changes no bit.

    Args:
        weights, vectors: see ``fused``.
        x: embedded tokens ``[B, width]``, the part's own copy.
        places: address, capacity and filled length of each row's cache, ``[B, 3]``.
        heads: of attention; ``inner`` is the width of the feed-forward layer.
        between: what the parts tell each other, ``[B, 5 * width + inner]``, not read before it is written.
        logits: ``[B, vocabulary rounded up]``.
        counter: a zero that the parts count up together.
        part: which of ``parts``; all must run at once.
    """
    count, width = x.shape
    layers = vectors.shape[0]
    first, beyond = share_of(heads, part, parts)
    flat = between.reshape(-1)
    ends = np.array([3, 4, 5]) * width * count
    qkv, mixed = flat[: ends[0]].reshape(count, -1), flat[ends[0] : ends[1]].reshape(count, -1)
    out, hidden = flat[ends[1] : ends[2]].reshape(count, -1), flat[ends[2] :].reshape(count, -1)
    shares = np.empty(places[:, 2].max() + 1, np.float32)
    at, met = 0, 0
    for layer in range(layers):
        here = vectors[layer]
        norms = here[5 * width + inner :]
        at = dense(weights, at, x, here[: 3 * width], qkv, part, parts)
        meet(counter, parts * (met + 1))
        for row in range(count):
            whole = (layers, 2, heads, places[row, 1], width // heads)
            cache = carray(cache_at(places[row, 0]), whole)  # type: ignore[call-arg]
            attend(qkv[row], cache[layer], places[row, 2], shares, mixed[row], first, beyond)
        meet(counter, parts * (met + 2))
        at = dense(weights, at, mixed, here[3 * width : 4 * width], out, part, parts)
        meet(counter, parts * (met + 3))
        for row in range(count):
            add_and_normalise(x[row], out[row], norms[:width], norms[width : 2 * width])
        at = dense(weights, at, x, here[4 * width : 4 * width + inner], hidden, part, parts)
        start, end = share_of(inner // ROWS, part, parts)
        for row in range(count):
            for i in range(start * ROWS, end * ROWS):
                hidden[row, i] = max(hidden[row, i], _ZERO)
        meet(counter, parts * (met + 4))
        at = dense(weights, at, hidden, here[4 * width + inner : 5 * width + inner], out, part, parts)
        meet(counter, parts * (met + 5))
        for row in range(count):
            add_and_normalise(x[row], out[row], norms[2 * width : 3 * width], norms[3 * width :])
        met += 5
    dense(weights, at, x, vectors[0, :0], logits, part, parts)
