"""A step replayed as a CUDA graph."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from synthesis.engine.parametric.train.graphed import GraphedStep


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_each_replay_is_a_step_on_its_own_data() -> None:
    weight = torch.zeros(1, device="cuda")

    def step(data: Sequence[torch.Tensor]) -> torch.Tensor:
        weight.add_(data[0])
        return weight.clone()

    graphed = GraphedStep(step, [torch.ones(1, device="cuda")])
    before = weight.item()
    assert graphed([torch.full((1,), 2.0, device="cuda")]).item() == before + 2
    assert graphed([torch.full((1,), 5.0, device="cuda")]).item() == before + 7
