from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safeguards.detector import train
from safeguards.detector.dataset import Clip, Table
from safeguards.detector.fitting import Recipe
from safeguards.detector.model import Line

_ONE = {channel: Line(1.0, 0.0) for channel in ("clear", "noisy", "narrow")}


@pytest.mark.parametrize(
    ("keep", "unmet"), [(False, {"own_neural_hifigan", "GlowTTS+HiFi-GAN"}), (True, {"GlowTTS+HiFi-GAN"})]
)
def test_copies_by_our_vocoders_leave_with_their_architecture_unless_kept(
    keep: bool, unmet: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = ("", "own_neural_hifigan", "own_neural_flow", "GlowTTS+HiFi-GAN", "own_lpc")
    table = Table(
        np.zeros((len(systems), 3), dtype=np.float32), np.arange(len(systems)),
        tuple(Clip(Path(f"{system}.flac"), "ls1688", system, "x") for system in systems),
        (0,) * len(systems), ("clear",) * len(systems),
    )  # fmt: skip
    trained: list[set[str]] = []

    def learn(table: Table, chosen: np.ndarray, recipe: Recipe) -> tuple[dict[str, np.ndarray], dict[str, Line]]:
        trained.append({clip.system for clip, one in zip(table.clips, chosen, strict=True) if one})
        return {}, _ONE

    monkeypatch.setattr(train, "learn", learn)
    monkeypatch.setattr(train, "perceive", lambda tensors, numbers: numbers[:, 0])
    rows = train.without_family(table, 0, Recipe(), keep_neural=keep)
    assert trained == [set(systems) - unmet]
    assert {row["system"] for row in rows} == {"", "GlowTTS+HiFi-GAN"}
