"""Numbers turned into the geometry of SVG elements: no script draws, and a screen reader finds the same numbers in tables.

Places along the time axis are percentages, so that a drawing fits any width and its letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_HALF = 50.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of time: ``left`` and ``width`` in per cent, and the seconds themselves."""

    left: str
    width: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis and what it says."""

    at: str
    words: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Curve:
    """The detector's answer along a clip, in a box of 1000 by 100 units: high is synthetic.

    Attributes:
        points: of a polyline, one per segment, at its middle.
        band_top, band_height: where the answer is inconclusive, per cent from the top.
        dots: the middles again, in per cent.
    """

    points: str
    band_top: str
    band_height: str
    dots: tuple[tuple[str, str], ...]


def envelope(low: Sequence[float], high: Sequence[float]) -> str:
    """The outline of a waveform as the ``d`` of a path, in a box of ``len(low)`` by 100 units."""
    above = " ".join(f"{place},{_HALF - _HALF * value:.1f}" for place, value in enumerate(high))
    below = " ".join(f"{place},{_HALF - _HALF * value:.1f}" for place, value in reversed(list(enumerate(low))))
    return f"M{above} L{below} Z"


def marks(spans: Iterable[Sequence[float]], seconds: float) -> list[Mark]:
    """Stretches of time on an axis of ``seconds``."""
    whole = max(seconds, 1e-6)
    found = []
    for start, end in spans:
        first, last = max(0.0, min(start, whole)), max(0.0, min(end, whole))
        found.append(Mark(_share(first / whole), _share(max(last - first, 0.004 * whole) / whole), start, end))
    return found


def ticks(seconds: float) -> list[Tick]:
    """Five to nine round places from zero to the end."""
    step = next((size for size in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120) if seconds / size <= 7), 120.0)
    places = [step * number for number in range(int(seconds / step) + 1)]
    return [
        Tick(_share(place / max(seconds, 1e-6)), f"{place:g}", "start" if not number else _anchor(place, seconds))
        for number, place in enumerate(places)
    ]


def curve(detector: dict[str, Any], seconds: float) -> Curve | None:
    """The curve of a detector's answer; None where it has no segments."""
    segments = detector.get("segments") or []
    if not segments or seconds <= 0:
        return None
    middles = [
        (min((each["start_s"] + each["end_s"]) / 2 / seconds, 1.0), 1.0 - each["p_synthetic"]) for each in segments
    ]
    low, high = detector["bands"]
    first, last = middles[0][1], middles[-1][1]
    line = [(0.0, first), *middles, (1.0, last)]
    return Curve(
        points=" ".join(f"{1000 * x:.1f},{100 * y:.1f}" for x, y in line),
        band_top=_share(1.0 - high),
        band_height=_share(high - low),
        dots=tuple((_share(x), _share(y)) for x, y in middles),
    )


def _share(part: float) -> str:
    return f"{100 * part:.2f}%"


def _anchor(place: float, seconds: float) -> str:
    return "end" if seconds - place < 0.05 * seconds else "middle"
