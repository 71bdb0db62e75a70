"""What the token model is trained on: cross-entropy of the tokens and their end, and a preference for whole readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.model import T2S

_IGNORED: Final = -100
DPO_BETA: Final = 0.2


@dataclass(frozen=True)
class Batch:
    """Rows to learn from: phone ids ``[T_i]``, features ``[bert, T_i]`` and tokens ``[P_i]`` without EOS."""

    phones: Sequence[Tensor]
    features: Sequence[Tensor]
    tokens: Sequence[Tensor]


@dataclass(frozen=True)
class Losses:
    """Outcome of one batch: ``total`` to be minimised, the cross-entropy in it, both summed over tokens; how many tokens
    (EOS included), and how many of them were among the three likeliest."""

    total: Tensor
    cross_entropy: Tensor
    tokens: int
    among_three: int


def losses(model: T2S, batch: Batch, rejected: Sequence[Tensor] | None = None) -> Losses:
    """Loss of a batch.

    Args:
        rejected: a worse token sequence per row; with it direct preference optimisation without a reference model (Rafailov
            et al. 2023) is added: ``-log sigmoid(0.2 * (logp(tokens) - logp(rejected)))``, on sums, one term per row.
    """
    logits = model.teach(batch.phones, batch.features, batch.tokens)
    targets = _targets(batch.tokens, model.config.eos).to(logits.device)
    chosen = _log_probabilities(logits, targets)
    cross_entropy = -chosen.sum()
    among = (logits.detach().topk(3, -1).indices == targets[..., None]).any(-1).sum()
    total = cross_entropy
    if rejected is not None:
        worse = model.teach(batch.phones, batch.features, rejected)
        other = _log_probabilities(worse, _targets(rejected, model.config.eos).to(worse.device))
        total = total - F.logsigmoid(DPO_BETA * (chosen - other)).sum()
    return Losses(total, cross_entropy, sum(map(len, batch.tokens)) + len(batch.tokens), int(among))


def spoil(tokens: Tensor, generator: torch.Generator) -> Tensor:
    """A worse reading, as T2S models make them: a random span said twice or left out.

    Args:
        tokens: ``[P]``; fewer than three are returned as they are.
    """
    length = len(tokens)
    if length < 3:
        return tokens
    begin, end = sorted((torch.randperm(length - 1, generator=generator)[:2] + 1).tolist())
    if torch.rand(1, generator=generator) < 0.5:
        return torch.cat((tokens[:end], tokens[begin:]))
    return torch.cat((tokens[:begin], tokens[end:]))


def _targets(tokens: Sequence[Tensor], eos: int) -> Tensor:
    longest = max(map(len, tokens))
    rows = [F.pad(F.pad(row, (0, 1), value=eos), (0, longest - len(row)), value=_IGNORED) for row in tokens]
    return torch.stack(rows)


def _log_probabilities(logits: Tensor, targets: Tensor) -> Tensor:
    """Log-probability of each row's targets, summed, ``[B]``."""
    each = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=_IGNORED, reduction="none")
    return -each.sum(1)
