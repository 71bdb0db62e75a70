"""Smoothing along time; scipy's does the same, and importing it costs a worker 29 MB and half a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def gaussian(values: NDArray[np.floating], deviation: float) -> NDArray[np.float64]:
    """``values`` ``[T, …]`` with a Gaussian of ``deviation`` frames, cut off at four, mirrored at the ends."""
    radius = int(4 * deviation + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / deviation) ** 2)
    kernel /= kernel.sum()
    edges = [(radius, radius)] + [(0, 0)] * (values.ndim - 1)
    padded = np.pad(np.asarray(values, dtype=np.float64), edges, mode="symmetric")
    smooth: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0) @ kernel
    return smooth
