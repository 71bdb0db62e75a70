"""One step of the token model's training, and all state that it changes.

AdamW, not upstream's ScaledAdam: that one pays in long trainings from nothing, here a trained model is moved a little, and
plain moments resume bit for bit. Everything random is drawn from the seed and the number of the step, as in the second
stage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.build import build_t2s
from synthesis.engine.gpt_sovits.t2s.loss import Batch, losses, spoil
from synthesis.engine.gpt_sovits.train import snapshots
from synthesis.engine.gpt_sovits.train.s2_training import drawn_seed
from synthesis.engine.gpt_sovits.train.snapshots import Snapshot
from synthesis.engine.gpt_sovits.weights import Weights

_BETAS: Final = (0.9, 0.95)
_CLIP: Final = 1.0


class Example(Protocol):
    """What the token model learns from: phone ids ``[S]``, features ``[bert, S]`` and tokens ``[P]``; see ``Clip``."""

    @property
    def phones(self) -> Tensor: ...

    @property
    def bert(self) -> Tensor: ...

    @property
    def tokens(self) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        epochs: passes over the recordings.
        batch: examples computed together.
        accumulate: batches a step; with the batch, how many examples a step sees.
        learning_rate: after ``warmup`` steps.
        decay: of the weights.
        preference: also learn to prefer each reading to one with a span repeated or lost; doubles time and memory.
        max_batch_positions: a batch holds fewer examples when their phones and tokens, padded, are more; bounds memory.
        seed: of order and of spoilt readings.
        snapshot_steps: steps between snapshots.
        patience: epochs without a better held-out loss before it ends early; 0 for never.
        held_out: one example in so many is not learned from but listened to; 0 for none.
        max_steps: at most so many, whatever the epochs say; 0 for no limit.
    """

    epochs: int = 15
    batch: int = 4
    accumulate: int = 4
    learning_rate: float = 5e-5
    warmup: int = 5
    decay: float = 0.01
    preference: bool = False
    max_batch_positions: int = 4000
    seed: int = 0
    snapshot_steps: int = 20
    patience: int = 3
    held_out: int = 10
    max_steps: int = 0


class Training:
    """Model, optimiser and the number of steps made.

    Args:
        base: weights to start from.
        settings: see ``Settings``.
        device: where; on a GPU with automatic bfloat16 arithmetic.

    Raises:
        CheckpointError: when the weights will not do.
    """

    def __init__(self, base: Weights, settings: Settings, device: torch.device | str) -> None:
        self.settings, self.device = settings, torch.device(device)
        self.model = build_t2s(base.tensors, base.config).to(device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate, betas=_BETAS, weight_decay=settings.decay
        )
        self.step = 0

    def learn(self, batches: Sequence[Sequence[Example]]) -> float:
        """One step on several batches; the mean loss of a token before it.

        Raises:
            EngineError: ``training_diverged`` when the loss or its slope is no number.
        """
        settings = self.settings
        rate = settings.learning_rate * min(1.0, (self.step + 1) / max(1, settings.warmup))
        self.optimiser.param_groups[0]["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        total, tokens = 0.0, sum(len(one.tokens) + 1 for batch in batches for one in batch)
        generator = torch.Generator().manual_seed(drawn_seed(settings.seed, 11, self.step))
        for batch in batches:
            rejected = [spoil(one.tokens.clone(), generator) for one in batch] if settings.preference else None
            with self._arithmetic():
                found = losses(self.model, collate(batch, self.device), rejected and self._placed(rejected))
            torch.autograd.backward(found.total / tokens)
            total += float(found.total.detach())
        slope = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP))
        if not math.isfinite(total) or not math.isfinite(slope):
            raise EngineError("training_diverged", "The training left the numbers; lower the learning rate.")
        self.optimiser.step()
        self.step += 1
        return total / tokens

    @torch.no_grad()
    def listen(self, examples: Sequence[Example]) -> float:
        """Mean cross-entropy of a token over held-out examples."""
        total, tokens = 0.0, 0
        for one in examples:
            with self._arithmetic():
                found = losses(self.model, collate([one], self.device))
            total, tokens = total + float(found.cross_entropy), tokens + found.tokens
        return total / tokens

    def tensors(self) -> dict[str, Tensor]:
        """All that a snapshot needs."""
        return snapshots.pack("t2s", self.model, self.optimiser)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot.

        Raises:
            KeyError, RuntimeError: when it is of another model.
        """
        snapshots.unpack("t2s", self.model, self.optimiser, snapshot.tensors)
        self.step = int(snapshot.facts["step"])

    def _placed(self, rows: Sequence[Tensor]) -> list[Tensor]:
        return [row.to(self.device) for row in rows]

    def _arithmetic(self) -> AbstractContextManager[object]:
        on_gpu = self.device.type == "cuda"
        return torch.autocast("cuda", torch.bfloat16) if on_gpu else nullcontext()


def collate(examples: Sequence[Example], device: torch.device | str = "cpu") -> Batch:
    """Examples as one batch; padding is the model's business. Copied, since what was prepared in inference mode cannot
    take part in learning."""
    phones, features, tokens = (
        [tensor.clone().to(device) for tensor in column]
        for column in zip(*((one.phones, one.bert, one.tokens) for one in examples), strict=True)
    )
    return Batch(phones, features, tokens)
