"""From logits to a token: a pure function of its arguments, noise included; each row has its own settings.

The order of the steps is upstream's: penalty, top-p on the penalised logits before the temperature, temperature, top-k,
then argmax(p / q) with q ~ Exp(1), which draws from p (the exponential race) without waiting for the device.
"""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Settings:
    """``Sampling`` of several rows as columns ``[B, 1]``, so that rows with different wishes are drawn in one go."""

    top_k: Tensor
    top_p: Tensor
    temperature: Tensor
    penalty: Tensor
    nucleus: bool

    @classmethod
    def of(cls, rows: Sequence[Sampling], vocabulary: int, device: torch.device | str = "cpu") -> Settings:
        """Columns of these rows."""

        def column(values: list[float], dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.tensor(values, dtype=dtype, device=device)[:, None]

        return cls(
            column([min(row.top_k, vocabulary) for row in rows], torch.long),
            column([row.top_p for row in rows]),
            column([max(row.temperature, 1e-5) for row in rows]),
            column([row.repetition_penalty for row in rows]),
            any(row.top_p < 1 for row in rows),
        )


def penalise(logits: Tensor, seen: Tensor, penalty: Tensor | float) -> Tensor:
    """Logits ``[B, V]`` with the penalty (a number or ``[B, 1]``) on tokens marked in ``seen`` ``[B, V]``."""
    return torch.where(seen, torch.where(logits < 0, logits * penalty, logits / penalty), logits)


def choose(penalised: Tensor, noise: Tensor, settings: Settings) -> Tensor:
    """Draw one token per row.

    Args:
        penalised: logits ``[B, V]`` after ``penalise``.
        noise: ``[B, V]``, draws of Exp(1).
        settings: see ``Settings``.

    Returns:
        Tokens ``[B]``.
    """
    ordered, order = torch.sort(penalised, descending=True, stable=True)
    if settings.nucleus:
        beyond = torch.cumsum(torch.softmax(ordered, -1), -1) > settings.top_p
        # A sum of shares that rounds to more than 1 drops nothing where no mass was to be dropped.
        beyond &= settings.top_p < 1
        beyond[:, 0] = False
        ordered = ordered.masked_fill(beyond, -torch.inf)
        penalised = penalised.masked_fill(torch.zeros_like(beyond).scatter(1, order, beyond), -torch.inf)
    logits = penalised / settings.temperature
    pivot = torch.gather(ordered, 1, settings.top_k - 1) / settings.temperature
    logits = logits.masked_fill(logits < pivot, -torch.inf)
    return torch.argmax(torch.softmax(logits, -1) / noise, -1)


def draw(
    logits: Tensor, seen: Tensor, noise: Tensor, settings: Settings, early: Tensor, eos: int
) -> tuple[Tensor, Tensor]:
    """One token per row, and whether the row ends with it (EOS drawn, or EOS the likeliest).

    Args:
        logits: ``[B, V]``.
        seen: true for tokens of prompt and output so far, ``[B, V]``.
        noise: ``[B, V]``.
        early: true for rows that may not end yet, ``[B, 1]``.
        eos: the last token of the vocabulary.
    """
    logits = torch.cat((logits[:, :eos], logits[:, eos:].masked_fill(early, -torch.inf)), 1)
    penalised = penalise(logits, seen, settings.penalty)
    tokens = choose(penalised, noise, settings)
    return tokens, (tokens == eos) | (penalised.argmax(-1) == eos)
