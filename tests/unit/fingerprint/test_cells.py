"""The vote of the coarse stage is what counting one by one gives."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from safeguards.fingerprint.cells import elect


def _counted(lists: list[np.ndarray], units: np.ndarray) -> Counter[int]:
    """Most entries of a place in two neighbouring bins of offset."""
    bins: Counter[int] = Counter()
    for found, unit in zip(lists, units.tolist(), strict=True):
        for entry in found.tolist():
            bins[(entry >> 8) * 64 + ((((entry & 255) - unit) // 4) & 63)] += 1
    best: Counter[int] = Counter()
    for key, count in bins.items():
        best[key // 64] = max(best[key // 64], count + bins.get(key + 1, 0))
    return best


@pytest.mark.parametrize(("places", "agreeing"), [(5, 0), (300, 0), (300, 9), (60_000, 9), (60_000, 2)])
def test_the_leaders_have_the_most_votes(places: int, agreeing: int) -> None:
    rng = np.random.default_rng(places + agreeing)
    units = np.arange(40)
    lists = [
        (rng.integers(0, places, 50).astype(np.uint32) << 8) | rng.integers(0, 256, 50).astype(np.uint32) for _ in units
    ]
    # Some places hold the query from unit 100 on.
    for place in range(min(places, 40)):
        for unit in units[:agreeing]:
            lists[unit] = np.append(lists[unit], np.uint32(place << 8 | (unit + 100)))
    chosen, votes = elect(lists, units, 32)
    counted = _counted(lists, units)
    expected = sorted(counted.values(), reverse=True)[:32]
    assert votes == sorted(votes, reverse=True)
    assert len(set(chosen)) == len(chosen) <= 32
    assert all(votes[i] <= counted[place] for i, place in enumerate(chosen))
    if agreeing > 2:
        assert votes == expected
        assert all(place < 40 for place in chosen)
    assert votes[0] == expected[0]


def test_no_entries_elect_nobody() -> None:
    assert elect([np.zeros(0, dtype=np.uint32)], np.zeros(1, dtype=np.int64), 4) == ([], [])
