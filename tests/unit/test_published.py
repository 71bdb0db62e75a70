"""What the benches publish is what ``safeguards.measured`` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.fingerprint import published as of_prints
from bench.watermark import published as of_marks
from safeguards import measured as module
from safeguards.measured import Measured, measures_for


def _marks() -> dict[str, Any]:
    def row(attack: str, seconds: float, present: list[bool], read: list[bool]) -> dict[str, Any]:
        clips = [{"present": p, "read": r} for p, r in zip(present, read, strict=True)]
        n = len(clips)
        shares = {"detected": sum(present) / n, "exact": sum(read) / n}
        return {"attack": attack, "seconds": seconds, "n": n, "wrong_payload": 0, "clips": clips, **shares}

    yes, no = True, False
    return {
        "detection": [
            row("none", 1.0, [yes, yes], [yes, no]),
            row("mp3", 1.0, [yes, no], [no, no]),
            row("white", 1.0, [yes, no], [yes, no]),
            row("none", 5.0, [yes, yes], [yes, yes]),
            row("mp3", 5.0, [yes, yes], [yes, no]),
        ],
        "nulls": [{"kind": kind, "present": 0, "n": 50} for kind in ("unmarked", "marked with another key")],
    }


def _prints() -> dict[str, Any]:
    rows = [{"attack": "none", "believed": [True, True]}, {"attack": "white", "believed": [True, False]}]
    hard = [{"pairs": "another speaker", "split": split, "same_recording": 0, "n": 9} for split in ("tuning", "test")]
    return {
        "identification": [{"seconds": 3.0, "clips": 2, "rows": rows}],
        "false_matches": {"index": {"believed": 0, "n": 30}, "hard": hard},
    }


def _read(monkeypatch: pytest.MonkeyPatch, check: str, folder: Path) -> Measured:
    files = {check: (str(folder / "measured.json"), module._FILES[check][1])}
    monkeypatch.setattr(module, "_FILES", files)
    module.measured.cache_clear()
    return module.measured(check)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Any:
    yield
    monkeypatch.undo()
    module.measured.cache_clear()


def test_misses_of_the_mark_by_length(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(of_marks, "_FILE", tmp_path / "measured.json")
    of_marks.publish(_marks())
    known = _read(monkeypatch, "watermark", tmp_path)
    rates = {(m.what, m.where, m.seconds): (m.errors, m.n) for m in known.measures}
    assert rates["mark_missed", "attacked", 1.0] == (2, 4)
    assert rates["mark_missed", "untouched", 1.0] == (0, 2)
    assert rates["payload_not_read", "attacked", 5.0] == (1, 2)
    assert rates["mark_found_wrongly", "other_key", None] == (0, 50)
    # Half of the marks are missed because one clip of two is: the clips decide the interval, not the four trials.
    attacked = next(m for m in known.measures if (m.what, m.where, m.seconds) == ("mark_missed", "attacked", 1.0))
    assert (attacked.low, attacked.rate, attacked.high) == (0.0, 0.5, 1.0)


def test_a_sound_is_told_the_rates_of_its_length(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(of_marks, "_FILE", tmp_path / "measured.json")
    of_marks.publish(_marks())
    _read(monkeypatch, "watermark", tmp_path)
    for seconds, length in ((0.5, 1.0), (1.0, 1.0), (4.9, 1.0), (5.0, 5.0), (60.0, 5.0)):
        assert {m.seconds for m in measures_for("watermark", seconds)} == {length, None}


def test_misses_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(of_prints, "_FILE", tmp_path / "measured.json")
    of_prints.publish(_prints())
    known = _read(monkeypatch, "fingerprint", tmp_path)
    rates = {(m.what, m.where): (m.errors, m.n) for m in known.measures}
    assert rates["print_missed", "attacked"] == (1, 2)
    assert rates["print_found_wrongly", "other_sentence"] == (0, 30)
    assert rates["print_found_wrongly", "same_sentence_other_speaker"] == (0, 9)
    assert json.loads((tmp_path / "measured.json").read_text())["version"] == known.version
