"""The detector's bench: from scores to the tables, the plots and the rates that others quote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.detector import __main__ as bench
from bench.detector import plots, tables
from bench.detector.scores import CONDITIONS, Row
from bench.identity.corpus import RATE
from safeguards.detector.channels import by_telephone, telephone_band
from safeguards.detector.dataset import TELEPHONE
from safeguards.detector.train import variants


def rows(condition: str, shift: float) -> list[Row]:
    """Twenty people and twenty clips of each of two machines, of which one is harder."""
    rng = np.random.default_rng(len(condition))
    made = []
    for place in range(20):
        for system, centre in (("", -2.0), ("easy", 4.0), ("hard", shift)):
            odds = float(centre + rng.standard_normal())
            verdict = "synthetic" if odds > 2.0 else "bona_fide_like" if odds < -2.0 else "inconclusive"
            made.append({
                "clip": f"{system}/{place}", "system": system, "voice": f"v{place % 5}", "condition": condition,
                "log_odds": odds, "verdict": verdict, "channel": "clear", "peer": -odds,
            })  # fmt: skip
    return made


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    return tables.seen([row for condition in CONDITIONS.values() for row in rows(condition, -1.5)])


def test_every_condition_has_its_table_and_the_harder_system_the_higher_error(result: dict[str, Any]) -> None:
    assert set(result["conditions"]) == {"untouched", "journey", "telephone"}
    for found in result["conditions"].values():
        assert found["systems"]["hard"]["rate"] > found["systems"]["easy"]["rate"]
        assert 0.0 <= found["eer"]["low"] <= found["eer"]["rate"] <= found["eer"]["high"]
        assert found["people_called_synthetic"]["n"] == 20


def test_a_peer_that_says_the_opposite_is_wrong_wherever_ours_is_right(result: dict[str, Any]) -> None:
    easy = result["peer"]["easy"]
    assert easy["log_odds"]["rate"] < 0.05
    assert easy["peer"]["rate"] > 0.95


def test_det_curves_and_a_reliability_diagram_are_drawn(result: dict[str, Any], tmp_path: Path) -> None:
    made = plots.draw(result, tmp_path / "plots")
    assert [path.name for path in made] == ["det.png", "reliability.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in made)


def test_rates_of_a_brought_detector_are_written_into_its_folder_alone(
    result: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "detector_version", lambda: "brought-1")
    bench.write_measures(result, tmp_path)
    content = json.loads((tmp_path / "measured.json").read_text())
    assert content["version"] == "brought-1"
    where = {(row["what"], row["where"]) for row in content["measures"]}
    assert ("human_called_synthetic", "telephone") in where
    assert ("eer", "journey") in where
    assert [path.name for path in tmp_path.iterdir()] == ["measured.json"]


def test_a_part_run_again_leaves_the_other_rates_of_its_version(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    row = {"what": "eer", "where": "untouched", "rate": 0.1, "n": 10}
    bench._write(path, "one", [row, {"what": "eer", "where": "journey", "rate": 0.2, "n": 10}])
    bench._write(path, "one", [row | {"rate": 0.05}])
    rates = {found["where"]: found["rate"] for found in json.loads(path.read_text())["measures"]}
    assert rates == {"untouched": 0.05, "journey": 0.2}
    bench._write(path, "two", [row])
    assert len(json.loads(path.read_text())["measures"]) == 1


def test_a_call_keeps_a_line_s_band_and_the_length() -> None:
    noise = np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32) * 0.1
    for seed in range(4):
        call = by_telephone(noise, np.random.default_rng(seed))
        power = np.abs(np.fft.rfft(call)) ** 2
        hertz = np.fft.rfftfreq(len(call), 1.0 / RATE)
        assert len(call) == len(noise)
        assert power[hertz > 5000].sum() < 0.02 * power.sum()
    assert len(telephone_band(noise, np.random.default_rng(0))) == len(noise)


def test_machines_are_heard_in_every_way_that_people_are() -> None:
    from safeguards.detector.dataset import Clip, voice_part

    voice = next(f"v{number}" for number in range(99) if voice_part(f"v{number}") == "train")
    person, machine = Clip(Path("p.flac"), voice, "", "made"), Clip(Path("m.flac"), voice, "machine", "made")
    seen_of_person, seen_of_machine = variants([person, machine])
    for chosen in (seen_of_person, seen_of_machine):
        assert 0 in chosen
        assert any(0 < variant < TELEPHONE for variant in chosen)
        assert any(variant >= TELEPHONE for variant in chosen)
