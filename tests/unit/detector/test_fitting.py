from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safeguards.detector import fitting
from safeguards.detector.dataset import Clip, Table, voice_part
from safeguards.detector.explanation import explain, patches
from safeguards.detector.features import FEATURES
from safeguards.detector.model import CHANNELS, Model, perceive
from safeguards.detector.phases import PHASES
from safeguards.detector.statistics import WINDOW, describe, places

NUMBERS = sum(len(hertz) for _, hertz in places(FEATURES + PHASES))


def _table(count: int = 60) -> Table:
    """Machines differ from people in the first eighty statistics."""
    rng = np.random.default_rng(0)
    names = [name for name in (f"v{number}" for number in range(400)) if voice_part(name) != "test"][:count]
    clips = tuple(
        Clip(Path(f"{name}.flac"), name, "machine" if place % 2 else "", "made") for place, name in enumerate(names)
    )
    numbers = rng.standard_normal((count, NUMBERS)).astype(np.float32)
    numbers[1::2, :80] += 2.0
    return Table(numbers, np.arange(count), clips, (0,) * count, ("clear",) * count)


@pytest.fixture(scope="module")
def fitted() -> tuple[Table, fitting.Tensors]:
    table = _table()
    recipe = fitting.Recipe(steps=60, hidden=16, nets=2, masked=0.0)
    return table, fitting.fit(table, np.ones(len(table.clips), dtype=np.bool_), recipe)


def test_a_fit_tells_the_classes_apart_and_is_the_same_for_the_same_seed(
    fitted: tuple[Table, fitting.Tensors],
) -> None:
    table, tensors = fitted
    scores = table.per_example(perceive(tensors, table.numbers))
    assert scores[table.synthetic].min() > scores[~table.synthetic].max()
    again = fitting.fit(
        table, np.ones(len(table.clips), dtype=np.bool_), fitting.Recipe(60, hidden=16, nets=2, masked=0.0)
    )
    assert all(np.array_equal(tensors[name], again[name]) for name in tensors)


def test_what_is_published_can_be_loaded_and_scores_the_same(
    fitted: tuple[Table, fitting.Tensors], tmp_path: Path
) -> None:
    table, tensors = fitted
    scores = table.per_example(perceive(tensors, table.numbers))
    weights = fitting.even_weights([clip.voice for clip in table.clips])
    lines = fitting.lines_of(scores, table.synthetic, table.channels, weights)
    fitting.publish(tmp_path, "net", "net-1", tensors, True, lines, 1.0, -1.0)
    model = Model(tmp_path / "net.safetensors")
    assert set(model.card.lines) == set(CHANNELS)
    assert np.allclose(model.outputs(table.numbers), perceive(tensors, table.numbers), atol=0.05)
    odds = fitting.calibrated(lines, scores, table.channels)
    assert np.sign(odds[table.synthetic]).min() > 0


def test_an_explanation_names_the_cues_that_differ(fitted: tuple[Table, fitting.Tensors], tmp_path: Path) -> None:
    table, tensors = fitted
    line = fitting.platt(np.array([-1.0, 1.0]), np.array([False, True]))
    fitting.publish(tmp_path, "net", "net-1", tensors, True, dict.fromkeys(CHANNELS, line), 1.0, -1.0)
    model = Model(tmp_path / "net.safetensors")
    *rows, together = explain(model, table.numbers[1::2], 1.0)
    assert len(rows) == len(table.clips) // 2
    assert together[0].cue == "level"
    assert together[0].log_odds > 0.0


def test_every_statistic_belongs_to_one_patch() -> None:
    numbers = describe(np.random.default_rng(0).standard_normal((WINDOW, FEATURES + PHASES)).astype(np.float32), True)
    assert numbers.shape == (1, NUMBERS)
    members = np.concatenate([patch[3] for patch in patches()])
    assert sorted(members) == list(range(NUMBERS))
    assert all(0.0 <= low < high <= 8000.0 for _, low, high, _ in patches())


def test_platt_scaling_gives_even_odds_where_the_classes_meet() -> None:
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(1.0, 1.0, 4000), rng.normal(3.0, 1.0, 500)])
    line = fitting.platt(scores, np.arange(4500) >= 4000)
    assert line.offset + 2.0 * line.slope == pytest.approx(0.0, abs=0.1)
    assert line.slope == pytest.approx(2.0, rel=0.1)


def test_a_weighted_quantile_counts_every_voice_the_same() -> None:
    values = np.array([0.0] * 98 + [5.0, 9.0])
    names = ["often"] * 98 + ["seldom", "rare"]
    assert fitting.quantile(values, fitting.even_weights(names), 0.5) == 5.0
