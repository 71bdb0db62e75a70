"""One optimiser, written out: building torch's own imports its compiler, which costs a worker 115 MB and two seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import nn

_EPSILON: Final = 1e-8


class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), on parameters that all have gradients.

    Args:
        parameters: what learns.
        weight_decay: share of the rate by which each parameter shrinks in a step.
        betas: decay of the running mean of gradients and of their squares.
    """

    def __init__(
        self, parameters: Sequence[nn.Parameter], weight_decay: float, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        self._parameters = list(parameters)
        self._weight_decay = weight_decay
        self._betas = betas
        self._means = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._squares = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._steps = 0

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move by the gradients, which are taken away."""
        self._steps += 1
        first, second = self._betas
        correction = (1 - second**self._steps) ** 0.5
        size = rate / (1 - first**self._steps)
        for parameter, mean, square in zip(self._parameters, self._means, self._squares, strict=True):
            gradient = parameter.grad
            if gradient is None:
                raise ValueError("a parameter has no gradient")
            mean.lerp_(gradient, 1 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            parameter.mul_(1 - rate * self._weight_decay)
            parameter.addcdiv_(mean, (square.sqrt() / correction).add_(_EPSILON), value=-size)
            parameter.grad = None
