"""Counting honestly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22(158))."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959964
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def resampled(outcomes: Sequence[Sequence[float]], draws: int = 2000) -> tuple[float, float]:
    """95 % interval of the mean of rows that share their columns (attacks on the same clips), by resampling columns."""
    table = np.array(outcomes, dtype=np.float64)
    chosen = np.random.default_rng(1).integers(0, table.shape[1], (draws, table.shape[1]))
    low, high = np.quantile(table.mean(axis=0)[chosen].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
