"""Numbers as shapes: positions that a template draws as SVG, since the content security policy allows no inline style."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

WIDTH, HEIGHT = 600, 140


class Column(NamedTuple):
    """One day's bar, in the chart's units; ``height`` is 0 for nothing and at least 2 for something."""

    x: float
    y: float
    width: float
    height: float
    day: date
    value: float


class Chart(NamedTuple):
    """Bars, the scale they are drawn to, and the two days at the ends."""

    columns: list[Column]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def columns(values: Sequence[tuple[date, float]]) -> Chart:
    """A bar a day."""
    top = _round_up(max((value for _, value in values), default=0))
    step = WIDTH / max(1, len(values))
    bars: list[Column] = []
    for number, (day, value) in enumerate(values):
        height = 0.0 if value <= 0 else max(2.0, HEIGHT * value / top)
        bars.append(
            Column(
                round(number * step + 1, 1), round(HEIGHT - height, 1), round(step - 2, 1), round(height, 1), day, value
            )
        )
    return Chart(bars, top)


def _round_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 … from ``value`` on; 10 for nothing."""
    if value <= 10:
        return 10
    power = 10 ** math.floor(math.log10(value))
    return next(int(factor * power) for factor in (1, 2, 5, 10) if factor * power >= value)
