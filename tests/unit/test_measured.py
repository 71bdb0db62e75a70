"""A threshold is shown with the error rate of the very version that is installed, or with none."""

from __future__ import annotations

import json

import pytest

from safeguards import measured as module
from safeguards.measured import measured, wilson


@pytest.mark.parametrize("check", sorted(module._FILES))
def test_every_file_reads_and_its_rates_lie_in_their_intervals(check: str) -> None:
    known = measured(check)

    assert known.version
    for one in known.measures:
        assert 0.0 <= one.low <= one.rate <= one.high <= 1.0
        assert one.n > 0


def test_rates_of_another_version_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    read = module._read
    monkeypatch.setattr(
        module,
        "_read",
        lambda path: read(path) if path is not None and "measured" in path.name else read(path) | {"version": "next"},
    )
    measured.cache_clear()
    try:
        known = measured("detector")
    finally:
        measured.cache_clear()

    assert known.measures == ()
    assert known.measured_version != known.version


def test_wilsons_interval_is_the_one_of_the_books() -> None:
    low, high = wilson(24, 300)
    assert (round(low, 3), round(high, 3)) == (0.054, 0.116)
    assert wilson(0, 34)[1] == pytest.approx(0.1015, abs=1e-4)
    with pytest.raises(ValueError, match="share"):
        wilson(1, 0)


def test_nothing_of_a_model_is_loaded_for_it() -> None:
    assert "numpy" not in json.dumps(sorted(vars(module)))
