"""One decode step as one compiled function: half-precision weights, single-precision arithmetic.

At batch 1 a step is bound by how fast weights come from memory, and torch spends as long again between its operations.
Here numba compiles all layers into one function. Weights lie in the order in which they are read, 8 output rows by 16 inputs
at a time, and are asked for before they are needed; the numbers are those of single precision but for the order of sums.
Without numba, or where the sizes are odd, ``fuse`` gives None and torch does it.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthesis.engine.gpt_sovits.t2s.config import T2SConfig

if TYPE_CHECKING:
    from synthesis.engine.gpt_sovits.t2s.model import T2S


ROWS: Final = 8
LANES: Final = 16
"""A block of weights is so many outputs by so many inputs."""

PARTS: Final = 2
"""Threads that share a step where torch has as many. Only two were tried."""

Floats = NDArray[np.float32]
Halves = NDArray[np.uint16]


def available() -> bool:
    """Whether numba is installed and the processor reads half precision (any x86 with AVX2)."""
    return importlib.util.find_spec("numba") is not None and torch.backends.cpu.get_cpu_capability() in (
        "AVX2",
        "AVX512",
    )


@dataclass(frozen=True, slots=True)
class Fused:
    """Weights of all layers in reading order, and the function over them. Read only; holds no state of a request."""

    config: T2SConfig
    weights: Halves
    vectors: Floats
    run: Callable[..., None]

    def step(self, x: Tensor, caches: Sequence[Tensor], lengths: Sequence[int]) -> Tensor:
        """One step of some rows. A row's numbers do not depend on the others, to the last bit.

        Args:
            x: the embedded tokens, ``[B, width]``.
            caches: of each row, keys and values ``[layers, 2, heads, capacity, head width]``, contiguous, in single
                precision; the new ones are written at its length, which must be less than its capacity.
            lengths: positions filled, of each row.

        Returns:
            Logits ``[B, vocabulary]``.
        """
        config, head = self.config, self.config.width // self.config.heads
        shape = (config.layers, 2, config.heads, head)
        for cache, length in zip(caches, lengths, strict=True):
            fits = cache.is_contiguous() and cache.dtype == torch.float32 and 0 <= length < cache.shape[3]
            if not fits or (*cache.shape[:3], cache.shape[4]) != shape:
                raise ValueError("a cache does not have the form that the compiled step writes to")
        places = np.array([[c.data_ptr(), c.shape[3], n] for c, n in zip(caches, lengths, strict=True)], np.int64)
        logits = np.empty((len(x), _rounded(config.vocabulary)), np.float32)
        between = np.empty((len(x), 5 * config.width + config.inner), np.float32)
        counter = np.zeros(1, np.int64)
        # Made before any part begins: parts wait for each other, so that one which failed on its way would be waited for forever.
        copies = [np.array(x.numpy()) for _ in range(PARTS)]

        def run(part: int, parts: int) -> None:
            self.run(
                self.weights,
                self.vectors,
                copies[part],
                places,
                config.heads,
                config.inner,
                between,
                logits,
                counter,
                part,
                parts,
            )

        if torch.get_num_threads() < PARTS or not _helping.acquire(blocking=False):
            run(0, 1)
        else:
            try:
                helper = _helper().submit(run, 1, PARTS)
                run(0, PARTS)
                helper.result()
            finally:
                _helping.release()
        return torch.from_numpy(logits)[:, : config.vocabulary]


# One step at a time has a second thread; others that come meanwhile go on by themselves, for the same numbers.
_helping = threading.Lock()


def _helper() -> ThreadPoolExecutor:
    return _helper_of(os.getpid())  # a forked process has none of its parent's threads


@functools.lru_cache(maxsize=1)
def _helper_of(_process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PARTS - 1, thread_name_prefix="decode-step")


@torch.no_grad()
def fuse(model: T2S) -> Fused | None:
    """Lay a model out for ``Fused``; None where it cannot be. Weights are rounded to half precision."""
    config = model.config
    if not available() or config.width % LANES or config.inner % LANES:
        return None
    # Not at the top: numba need not be installed, and compiling takes some seconds, once a process.
    from synthesis.engine.gpt_sovits.t2s.compiled import step

    weights, vectors = [], []
    for block in model.blocks:
        attention = block.self_attn
        dense = (attention.in_proj_weight, attention.out_proj.weight, block.linear1.weight, block.linear2.weight)
        weights += [_in_order(weight) for weight in dense]
        biases = (attention.in_proj_bias, attention.out_proj.bias, block.linear1.bias, block.linear2.bias)
        norms = (block.norm1.weight, block.norm1.bias, block.norm2.weight, block.norm2.bias)
        vectors.append(torch.cat((*biases, *norms)))
    weights.append(_in_order(model.ar_predict_layer.weight))
    stacked = torch.stack(vectors).float().cpu().numpy()
    return Fused(config, np.concatenate(weights), np.ascontiguousarray(stacked), step)


def _rounded(rows: int) -> int:
    return -(-rows // ROWS) * ROWS


def _in_order(weight: Tensor) -> Halves:
    """``[out, in]`` as ``[out / 8, in / 16, 8, 16]``, flat; rows are added up to a whole block."""
    halves = weight.detach().cpu().half()
    missing = _rounded(len(halves)) - len(halves)
    halves = torch.nn.functional.pad(halves, (0, 0, 0, missing))
    blocks = halves.view(-1, ROWS, halves.shape[1] // LANES, LANES).transpose(1, 2)
    return np.asarray(blocks.contiguous().view(torch.int16).numpy().view(np.uint16).reshape(-1))
