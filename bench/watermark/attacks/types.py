"""What an attack is: 16 kHz mono speech in, 16 kHz mono sound out, deterministic by its generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
Array = NDArray[np.float32]
Rng = np.random.Generator
Attack = Callable[[Array, Rng], Array]


def f32(values: NDArray[np.floating]) -> Array:
    """``values`` as float32."""
    return np.asarray(values, dtype=np.float32)


def rms(values: Array) -> float:
    """Root mean square, never 0."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) + 1e-9
