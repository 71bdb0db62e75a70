"""From logits to a token: a pure function of its arguments, noise included.

The order of the steps is upstream's: penalty, top-p on the penalised logits before the temperature, temperature, top-k,
then argmax(p / q) with q ~ Exp(1), which draws from p (the exponential race) without waiting for the device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

MIN_TOKENS: Final = 11
"""EOS cannot be drawn before this many tokens."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose.

    Attributes:
        top_k: candidates, ties at the last place included; 1 is greedy.
        top_p: probability mass; the token that crosses it is dropped, the first is always kept.
        temperature: divides logits; at least 1e-5.
        repetition_penalty: positive logits of tokens seen before are divided by it, negative ones multiplied.
    """

    top_k: int = 15
    top_p: float = 1.0
    temperature: float = 1.0
    repetition_penalty: float = 1.35

    def __post_init__(self) -> None:
        fits = self.top_k >= 1 and 0 < self.top_p <= 1 and self.temperature >= 0 and self.repetition_penalty > 0
        if not fits:
            raise ValueError("top_k >= 1, 0 < top_p <= 1, temperature >= 0 and repetition_penalty > 0 are asked for")


def penalise(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Logits ``[B, V]`` with the penalty on tokens marked in ``seen`` ``[B, V]``."""
    if penalty == 1.0:
        return logits
    return torch.where(seen, torch.where(logits < 0, logits * penalty, logits / penalty), logits)


def choose(penalised: Tensor, noise: Tensor, options: Sampling) -> Tensor:
    """Draw one token per row.

    Args:
        penalised: logits ``[B, V]`` after ``penalise``.
        noise: ``[B, V]``, draws of Exp(1).
        options: see ``Sampling``.

    Returns:
        Tokens ``[B]``.
    """
    logits = penalised
    if options.top_p < 1.0:
        ordered, order = torch.sort(logits, descending=True)
        beyond = torch.cumsum(torch.softmax(ordered, -1), -1) > options.top_p
        beyond[:, 0] = False
        logits = logits.masked_fill(torch.zeros_like(beyond).scatter_(1, order, beyond), -torch.inf)
    logits = logits / max(options.temperature, 1e-5)
    if options.top_k < logits.shape[-1]:
        pivot = torch.topk(logits, options.top_k).values[:, -1:]
        logits = logits.masked_fill(logits < pivot, -torch.inf)
    return torch.argmax(torch.softmax(logits, -1) / noise, -1)
