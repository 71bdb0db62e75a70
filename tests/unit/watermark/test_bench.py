"""The bench goes on where it stopped, and leaves out crops that take nothing away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.watermark import detection
from bench.watermark.clips import Clip
from bench.watermark.keeping import Kept
from tests.unit.watermark.clips import speech


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    Kept(path).put("a", [1, 2])
    Kept(path).put("b", {"x": 0.5})
    again = Kept(path)
    assert "c" not in again
    assert again["a"] == [1, 2]
    assert again["b"] == {"x": 0.5}


def test_a_clip_is_measured_once_and_longer_crops_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sound = speech(2.0).samples[0]
    monkeypatch.setattr(detection, "clips", lambda *_: [Clip("one", sound)])
    monkeypatch.setattr(detection, "voices", lambda *_: (sound, np.ascontiguousarray(sound[::-1])))
    only = ("none", "gain_minus_12db", "crop_1s", "crop_2s", "crop_3s")
    marked: list[int] = []

    def mark(clip: Clip, index: int) -> np.ndarray:
        marked.append(index)
        return detection.streamed(clip, index)

    kept = Kept(tmp_path / "kept.jsonl")
    rows = [detection.attack_table(tmp_path, "test", 2.0, 1, only, kept, mark) for _ in range(2)]
    assert [cell.attack for cell in rows[0]] == ["none", "gain_minus_12db", "crop_1s"]
    assert [cell.as_json() for cell in rows[0]] == [cell.as_json() for cell in rows[1]]
    assert rows[0][0].exact == 1
    assert marked == [0]
