"""One step of the second stage's training, and all state that it changes.

Everything random is drawn from the seed and the number of the step, so that a training that was killed and resumed ends
with the weights of one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.build import build_sovits
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.train import s2_loss, snapshots
from synthesis.engine.gpt_sovits.train.discriminator import Discriminator, build_discriminator, fresh_discriminator
from synthesis.engine.gpt_sovits.train.preparation import Clip
from synthesis.engine.gpt_sovits.train.s2_loss import Batch
from synthesis.engine.gpt_sovits.train.snapshots import Snapshot
from synthesis.engine.gpt_sovits.weights import Weights

_BETAS: Final = (0.8, 0.99)
_EPSILON: Final = 1e-9
_DECAY: Final = 0.999875
_SLOW: Final = ("enc_p.text_embedding.", "enc_p.encoder_text.", "enc_p.mrte.")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        epochs: passes over the recordings, repeated to at least a hundred clips each.
        batch: clips a step.
        learning_rate: of everything but the text side, which learns ``text_rate`` times as fast.
        max_batch_seconds: a batch holds fewer clips when they are longer in all; bounds memory.
        seed: of order, segments, noise and dropout.
        snapshot_steps: steps between snapshots.
        patience: epochs without a better held-out loss before it ends early; 0 for never.
        held_out: one clip in so many is not learned from but listened to; 0 for none.
        dropout: of the encoders; the Pro versions are trained with 0.
        max_steps: at most so many, whatever the epochs say; 0 for no limit.
    """

    epochs: int = 8
    batch: int = 4
    learning_rate: float = 1e-4
    text_rate: float = 0.4
    max_batch_seconds: float = 60.0
    seed: int = 0
    snapshot_steps: int = 50
    patience: int = 3
    held_out: int = 10
    dropout: float = 0.1
    max_steps: int = 0


def optimiser_for(model: SoVITS, settings: Settings) -> torch.optim.AdamW:
    """AdamW in two groups: the text side, which knows its language already, learns more slowly."""
    named = [(name, p) for name, p in model.named_parameters() if not name.startswith("ssl_proj.")]
    slow = [parameter for name, parameter in named if name.startswith(_SLOW)]
    fast = [parameter for name, parameter in named if not name.startswith(_SLOW)]
    rate = settings.learning_rate
    groups = [{"params": fast, "lr": rate}, {"params": slow, "lr": rate * settings.text_rate}]
    return torch.optim.AdamW(groups, lr=rate, betas=_BETAS, eps=_EPSILON)


def collate(clips: Sequence[Clip], device: torch.device | str = "cpu") -> Batch:
    """Clips as one batch, filled up with zeros."""

    def frames(rows: Sequence[Tensor]) -> Tensor:
        return pad_sequence([row.T for row in rows], batch_first=True).transpose(1, 2).contiguous().to(device)

    lengths = torch.tensor([clip.frames for clip in clips], device=device)
    wave = pad_sequence([clip.wave for clip in clips], batch_first=True)[:, None].to(device)
    speakers = [clip.speaker for clip in clips if clip.speaker is not None]
    return Batch(
        ssl=frames([clip.ssl for clip in clips]),
        spectrum=frames([clip.spectrum for clip in clips]),
        lengths=lengths,
        phones=pad_sequence([clip.phones for clip in clips], batch_first=True).to(device),
        phone_lengths=torch.tensor([len(clip.phones) for clip in clips], device=device),
        wave=wave,
        speaker=torch.stack(speakers).to(device) if len(speakers) == len(clips) else None,
    )


class Training:
    """Networks, optimisers and the number of steps made.

    Args:
        base: weights to start from, posterior encoder included.
        judge: discriminators to start from; None for fresh ones, which need more steps.
        settings: see ``Settings``.
        device: where.

    Raises:
        CheckpointError: when the weights will not do.
    """

    def __init__(self, base: Weights, judge: Weights | None, settings: Settings, device: torch.device | str) -> None:
        self.settings, self.device = settings, torch.device(device)
        pro = "sv_emb.weight" in base.tensors
        dropout = 0.0 if pro else settings.dropout
        style_dropout = settings.dropout
        model = build_sovits(base.tensors, base.config, training=True, dropout=dropout, style_dropout=style_dropout)
        self.model = model.to(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            judges = fresh_discriminator(pro=pro) if judge is None else build_discriminator(judge.tensors)
        self.judge: Discriminator = judges.to(device)
        self.optimiser = optimiser_for(self.model, settings)
        rate = settings.learning_rate
        self.judge_optimiser = torch.optim.AdamW(self.judge.parameters(), lr=rate, betas=_BETAS, eps=_EPSILON)
        self.step = 0

    def learn(self, clips: Sequence[Clip], epoch: int) -> float:
        """One step on a batch; the generator's loss before it.

        Raises:
            EngineError: ``training_diverged`` when a loss is no number.
        """
        for optimiser, rates in self._rates(epoch):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(drawn_seed(self.settings.seed, 1, self.step))
            loss = self._learn(collate(clips, self.device))
        if not math.isfinite(loss):
            raise EngineError("training_diverged", "The training left the numbers; lower the learning rate.")
        self.step += 1
        return loss

    def _learn(self, batch: Batch) -> float:
        made, truth = self._reconstructed(batch)
        verdict = s2_loss.discriminator_loss(self.judge(truth), self.judge(made.sound.detach()))
        _descend(self.judge_optimiser, verdict)
        with _frozen(self.judge):
            losses = s2_loss.generator_losses(batch, made, self.judge(truth), self.judge(made.sound))
            _descend(self.optimiser, losses.total)
        return float(losses.total.detach())

    def _reconstructed(self, batch: Batch) -> tuple[s2_loss.Reconstruction, Tensor]:
        count, frames = batch.lengths.shape[0], batch.spectrum.shape[2]
        noise = torch.randn(count, self.model.config.inter, frames).to(self.device)
        starts = torch.rand(count).to(self.device)
        made = s2_loss.reconstruct(self.model, batch, noise, starts)
        return made, s2_loss.true_segments(batch, made)

    @torch.no_grad()
    def listen(self, clips: Sequence[Clip]) -> float:
        """Held-out loss: mel distance and divergence, averaged over clips; the same noise each time."""
        self.model.train(False)
        total = 0.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            for clip in clips:
                batch = collate([clip], self.device)
                made, _ = self._reconstructed(batch)
                total += float(s2_loss.mel_loss(batch, made) + s2_loss.kl_loss(made))
        self.model.train(True)
        return total / len(clips)

    def _rates(self, epoch: int) -> list[tuple[torch.optim.Optimizer, list[float]]]:
        rate = self.settings.learning_rate * _DECAY**epoch
        return [(self.optimiser, [rate, rate * self.settings.text_rate]), (self.judge_optimiser, [rate])]

    def tensors(self) -> dict[str, Tensor]:
        """All that a snapshot needs."""
        return snapshots.pack("generator", self.model, self.optimiser) | snapshots.pack(
            "judge", self.judge, self.judge_optimiser
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot.

        Raises:
            KeyError, RuntimeError: when it is of another model.
        """
        snapshots.unpack("generator", self.model, self.optimiser, snapshot.tensors)
        snapshots.unpack("judge", self.judge, self.judge_optimiser, snapshot.tensors)
        self.step = int(snapshot.facts["step"])


def drawn_seed(seed: int, *path: int) -> int:
    """A seed for one thing that is drawn."""
    return int(np.random.SeedSequence([seed & (2**63 - 1), *path]).generate_state(1, np.uint64)[0] >> 1)


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    optimiser.step()


@contextmanager
def _frozen(model: nn.Module) -> Iterator[None]:
    """Without gradients of the model's own parameters, which nobody would use."""
    model.requires_grad_(False)
    try:
        yield
    finally:
        model.requires_grad_(True)
