"""Figures with their uncertainty."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

# Two-sided 95 % quantiles of Student's t for 1 to 10 degrees of freedom.
_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with a 95 % confidence interval over ``n`` measurements."""

    value: float
    low: float
    high: float
    n: int

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.value:,.4g} [{self.low:,.4g}, {self.high:,.4g}]"


def mean(values: Sequence[float]) -> Figure:
    """Mean with Student's interval; for a few repeated runs."""
    middle = statistics.fmean(values)
    if len(values) < 2:
        return Figure(middle, math.nan, math.nan, len(values))
    t = _T[len(values) - 2] if len(values) <= len(_T) + 1 else 1.96
    half = t * statistics.stdev(values) / math.sqrt(len(values))
    return Figure(middle, middle - half, middle + half, len(values))


def median(values: Sequence[float]) -> Figure:
    """Median with its distribution-free interval (order statistics); for many single timings."""
    ordered = sorted(values)
    n = len(ordered)
    spread = 1.96 * math.sqrt(n) / 2
    low, high = max(0, math.floor(n / 2 - spread)), min(n - 1, math.ceil(n / 2 + spread))
    return Figure(statistics.median(ordered), ordered[low], ordered[high], n)
