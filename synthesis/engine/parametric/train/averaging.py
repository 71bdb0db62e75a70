"""A running average of weights, which is what gets released."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


class RunningAverage(Generic[M]):
    """Exponential moving average of a network's parameters.

    Args:
        net: copied at the start; its buffers are not averaged.
        decay: share of the past kept at each update, once there is a past.
    """

    def __init__(self, net: M, decay: float = 0.998) -> None:
        self.net: M = copy.deepcopy(net).eval().requires_grad_(requires_grad=False)
        self._decay = decay
        self._updates = 0

    @torch.no_grad()
    def update(self, net: M) -> None:
        """Take the present weights of ``net`` in."""
        self._updates += 1
        decay = min(self._decay, self._updates / (self._updates + 10))
        for mine, theirs in zip(self.net.parameters(), net.parameters(), strict=True):
            mine.lerp_(theirs, 1 - decay)

    def skip(self, updates: int) -> None:
        """Go on as after ``updates`` updates; the weights are loaded apart."""
        self._updates = updates
