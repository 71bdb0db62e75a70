"""Drawings are numbers: places in per cent, nothing outside the box, the same seconds as the answer."""

from __future__ import annotations

import re

import pytest

from vivavoce.web import charts


def test_marks_lie_where_their_seconds_are_and_never_outside() -> None:
    (first, second) = charts.marks([(0.5, 1.0), (1.5, 99.0)], 2.0)
    assert (first.left, first.width) == ("25.00%", "25.00%")
    assert (second.left, second.width) == ("75.00%", "25.00%")
    assert (second.start_s, second.end_s) == (1.5, 99.0)


def test_a_very_short_mark_is_still_seen() -> None:
    (mark,) = charts.marks([(1.0, 1.001)], 600.0)
    assert float(mark.width.rstrip("%")) >= 0.4


@pytest.mark.parametrize("seconds", [0.3, 1.0, 6.4, 59.0, 600.0])
def test_the_axis_has_a_few_round_places(seconds: float) -> None:
    found = charts.ticks(seconds)
    assert 2 <= len(found) <= 9
    assert found[0].at == "0.00%"
    assert all(0.0 <= float(tick.at.rstrip("%")) <= 100.0 for tick in found)


def test_the_outline_is_closed_and_stays_in_its_box() -> None:
    path = charts.envelope([-1.0, -0.5], [1.0, 0.5])
    assert path == "M0,0.0 1,25.0 L1,75.0 0,100.0 Z"


def test_the_curve_is_high_where_speech_sounds_synthetic() -> None:
    segments = [{"start_s": 0.0, "end_s": 2.0, "p_synthetic": 1.0}, {"start_s": 2.0, "end_s": 4.0, "p_synthetic": 0.0}]
    curve = charts.curve({"segments": segments, "bands": [0.2, 0.9]}, 4.0)
    assert curve is not None
    assert curve.points == "0.0,0.0 250.0,0.0 750.0,100.0 1000.0,100.0"
    assert (curve.band_top, curve.band_height) == ("10.00%", "70.00%")
    assert re.fullmatch(r"[0-9. ,]+", curve.points)
    assert charts.curve({"segments": [], "bands": [0.2, 0.9]}, 4.0) is None
