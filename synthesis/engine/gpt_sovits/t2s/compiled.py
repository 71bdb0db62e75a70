"""The decode step, compiled by numba when this module is first imported, which takes some seconds."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import carray, float32, njit  # type: ignore[attr-defined]

from synthesis.engine.gpt_sovits.t2s.fused import ROWS
from synthesis.engine.gpt_sovits.t2s.kernels import cache_at, multiply_block

_TOGETHER: Final = 4  # requests whose sums are kept in registers at once
_ZERO: Final = np.float32(0)
# Sums may be put in another order; nothing else is given up (no NaN is assumed away, and the like).
_FAST: Final = {"reassoc", "contract", "nsz"}

_one, _several = multiply_block(1), multiply_block(_TOGETHER)


@njit
def dense(weights: Any, at: Any, x: Any, bias: Any, y: Any) -> Any:
    """``y = W x + bias`` over rows; where the next weights begin."""
    (count, inputs), outputs = x.shape, y.shape[1]
    for output in range(0, outputs, ROWS):
        row = 0
        while row + _TOGETHER <= count:
            _several(weights, at + output * inputs, x, row, y, output)
            row += _TOGETHER
        while row < count:
            _one(weights, at + output * inputs, x, row, y, output)
            row += 1
    for row in range(count):
        for output in range(bias.shape[0]):
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
def attend(qkv: Any, cache: Any, length: int, shares: Any, mixed: Any) -> None:
    """Attention of one row to its past and itself."""
    heads, head = cache.shape[1], cache.shape[3]
    scale = float32(1 / math.sqrt(head))
    for h in range(heads):
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


@njit("void(uint16[::1], float32[:,::1], float32[:,::1], int64[:,::1], int64, int64, float32[:,::1])", nogil=True)
def step(weights: Any, vectors: Any, x: Any, places: Any, heads: int, inner: int, logits: Any) -> None:
    """See ``fused.Fused.step``; ``places`` ``[B, 3]``: address, capacity and filled length of each row's cache."""
    count, width = x.shape
    layers = vectors.shape[0]
    qkv, hidden = np.empty((count, 3 * width), np.float32), np.empty((count, inner), np.float32)
    mixed, out = np.empty((count, width), np.float32), np.empty((count, width), np.float32)
    shares = np.empty(places[:, 2].max() + 1, np.float32)
    at = 0
    for layer in range(layers):
        here = vectors[layer]
        norms = here[5 * width + inner :]
        at = dense(weights, at, x, here[: 3 * width], qkv)
        for row in range(count):
            whole = (layers, 2, heads, places[row, 1], width // heads)
            cache = carray(cache_at(places[row, 0]), whole)  # type: ignore[call-arg]
            attend(qkv[row], cache[layer], places[row, 2], shares, mixed[row])
        at = dense(weights, at, mixed, here[3 * width : 4 * width], out)
        for row in range(count):
            add_and_normalise(x[row], out[row], norms[:width], norms[width : 2 * width])
        at = dense(weights, at, x, here[4 * width : 4 * width + inner], hidden)
        for row in range(count):
            for i in range(inner):
                hidden[row, i] = max(hidden[row, i], _ZERO)
        at = dense(weights, at, hidden, here[4 * width + inner : 5 * width + inner], out)
        for row in range(count):
            add_and_normalise(x[row], out[row], norms[2 * width : 3 * width], norms[3 * width :])
    dense(weights, at, x, vectors[0, :0], logits)
