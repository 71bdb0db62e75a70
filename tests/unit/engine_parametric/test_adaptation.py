"""An owner is learned from a few windows at a time as from all at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthesis.engine.parametric import adaptation, adapters
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.batches import Sampler
from tests.unit.engine_parametric.test_training import reading


@pytest.mark.parametrize("at_once", [1, 2])
def test_the_gradient_of_the_parts_is_that_of_the_whole(base: BaseModel, at_once: int) -> None:
    net = adapters.attach(base.acoustic, seed=0).eval()
    batch = Sampler([[reading(1), reading(2)]], base.normaliser).draw(np.random.default_rng(0), 3, 24, augment=False)
    batch.mask[0, 12:] = 0  # a short window counts for less
    adaptation.backward(net, batch, at_once=3)
    whole = [parameter.grad for parameter in adapters.parameters(net)]
    net.zero_grad()
    adaptation.backward(net, batch, at_once=at_once)
    for parameter, expected in zip(adapters.parameters(net), whole, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-3, atol=1e-6)
