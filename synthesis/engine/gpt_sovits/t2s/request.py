"""What one utterance depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.t2s.config import TOKENS_PER_SECOND, T2SConfig
from synthesis.engine.gpt_sovits.t2s.sampling import Sampling

MAX_POSITIONS: Final = 4096

Noise = Callable[[int], Tensor]
"""Step to draws of Exp(1), one per token of the vocabulary."""


@dataclass(frozen=True, eq=False)
class Request:
    """All that one utterance depends on.

    Attributes:
        phones: symbol ids of reference and target, ``[T]``.
        bert: features per phone, ``[bert, T]``; zeros where the language has none.
        prompt: tokens of the reference, ``[P]``; P = 0 speaks without a reference.
        noise: see ``Noise``; ``seeded_noise`` makes one.
        sampling: how to choose.
        max_tokens: at most this many; None is what the model was trained for.
    """

    phones: Tensor
    bert: Tensor
    prompt: Tensor
    noise: Noise
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int | None = None


def seeded_noise(seed: int, vocabulary: int) -> Noise:
    """Noise that the same seed repeats. Steps are asked for in order, each once."""
    generator = torch.Generator().manual_seed(seed)

    def draw(_step: int) -> Tensor:
        return torch.empty(vocabulary).exponential_(generator=generator).clamp_min_(1e-10)

    return draw


def limit_of(config: T2SConfig, request: Request) -> int:
    """Tokens the request may have.

    Raises:
        EngineError: ``text_too_long`` when text, prompt and ``max_tokens`` do not fit the model's positions.
    """
    limit = request.max_tokens or TOKENS_PER_SECOND * config.max_seconds
    if len(request.phones) == 0 or len(request.phones) + len(request.prompt) + limit > MAX_POSITIONS:
        raise EngineError("text_too_long", f"Phones, reference and tokens together exceed {MAX_POSITIONS} positions.")
    return limit
