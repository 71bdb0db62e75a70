"""What the second stage is trained on (VITS, Kim et al. 2021; adversarial terms: least squares, Mao et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.features import spectra
from synthesis.engine.gpt_sovits.sovits.config import HOP
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.sovits.prior import length_mask

MEL_WEIGHT: Final = 45.0
SEGMENT_FRAMES: Final = 32
_MATCH_WEIGHT: Final = 2.0


@dataclass(frozen=True)
class Batch:
    """Clips, shorter ones filled up with zeros.

    Attributes:
        ssl: HuBERT features ``[B, ssl, T]``, T even.
        spectrum: linear magnitudes ``[B, 1025, T]``; ``lengths`` the frames of each, ``[B]``.
        phones: ``[B, S]``; ``phone_lengths`` ``[B]``.
        wave: samples ``[B, 1, 640 T]``.
        speaker: maps of the speaker model ``[B, sv]`` for Pro models, else None.
    """

    ssl: Tensor
    spectrum: Tensor
    lengths: Tensor
    phones: Tensor
    phone_lengths: Tensor
    wave: Tensor
    speaker: Tensor | None = None


@dataclass(frozen=True)
class Reconstruction:
    """A segment of each clip as the model makes it, and what it thought on the way.

    Attributes:
        sound: ``[B, 1, 640 * SEGMENT_FRAMES]``.
        starts: first frame of each segment, ``[B]``.
        mask: ``[B, 1, T]``.
        latent: of the posterior, flowed to the prior's side, ``[B, inter, T]``.
        prior: mean and log deviation of the prior; ``posterior`` those of the posterior.
    """

    sound: Tensor
    starts: Tensor
    mask: Tensor
    latent: Tensor
    prior: tuple[Tensor, Tensor]
    posterior: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class GeneratorLosses:
    """Terms of the generator's loss; ``total`` is what is minimised."""

    mel: Tensor
    kl: Tensor
    matching: Tensor
    adversarial: Tensor

    @property
    def total(self) -> Tensor:
        """Their sum. The quantiser is frozen, so there is no commitment loss."""
        return self.adversarial + self.matching + self.mel + self.kl


def reconstruct(model: SoVITS, batch: Batch, noise: Tensor, starts: Tensor) -> Reconstruction:
    """Run the training path.

    Args:
        model: built for training.
        batch: see ``Batch``.
        noise: of the posterior, ``[B, inter, T]``.
        starts: in [0, 1), where the segments begin within what each clip allows, ``[B]``.
    """
    mask = length_mask(batch.lengths, batch.spectrum.shape[2], batch.spectrum.dtype)
    wide = model.reference(batch.spectrum, mask, batch.speaker)
    style = model.style(wide)
    with torch.no_grad():
        content = model.content(model.tokens(batch.ssl))
    phone_mask = length_mask(batch.phone_lengths, batch.phones.shape[1], mask.dtype)
    prior = model.enc_p(content, mask, batch.phones, phone_mask, style.narrow)
    mean, log_deviation = model.enc_q(batch.spectrum, mask, style.wide)
    latent = (mean + noise * torch.exp(log_deviation)) * mask
    first = (starts * (batch.lengths - SEGMENT_FRAMES + 1)).long()
    sound = model.dec(segments(latent, first, SEGMENT_FRAMES), style.wide)
    flowed = model.flow(latent, mask, style.wide)
    return Reconstruction(sound, first, mask, flowed, (prior.mean, prior.log_deviation), (mean, log_deviation))


def segments(x: Tensor, starts: Tensor, length: int) -> Tensor:
    """``[B, C, T]`` to ``[B, C, length]``, each row from its start ``[B]``."""
    return torch.stack([row[:, start : start + length] for row, start in zip(x, starts.tolist(), strict=True)])


def true_segments(batch: Batch, made: Reconstruction) -> Tensor:
    """The samples that ``made.sound`` should be, ``[B, 1, 640 * SEGMENT_FRAMES]``."""
    return segments(batch.wave, made.starts * HOP, SEGMENT_FRAMES * HOP)


def mel_loss(batch: Batch, made: Reconstruction) -> Tensor:
    """L1 distance of log mel spectra of the segments, weighted."""
    wanted = segments(spectra.mel(batch.spectrum), made.starts, SEGMENT_FRAMES)
    return F.l1_loss(spectra.mel(spectra.linear(made.sound[:, 0])), wanted) * MEL_WEIGHT


def kl_loss(made: Reconstruction) -> Tensor:
    """Divergence of the posterior, as drawn, from the prior, per frame."""
    mean, log_prior = made.prior
    log_posterior = made.posterior[1]
    terms = log_prior - log_posterior - 0.5 + 0.5 * (made.latent - mean) ** 2 * torch.exp(-2.0 * log_prior)
    return (terms * made.mask).sum() / made.mask.sum()


def discriminator_loss(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Verdicts on real sound should be 1, on made sound 0."""
    terms = [((1 - r[-1]) ** 2).mean() + (f[-1] ** 2).mean() for r, f in zip(real, fake, strict=True)]
    return torch.stack(terms).sum()


def generator_losses(
    batch: Batch, made: Reconstruction, real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]
) -> GeneratorLosses:
    """Terms of the generator's loss, given the discriminators' maps of both."""
    matching = [
        (right.detach() - left).abs().mean()
        for rights, lefts in zip(real, fake, strict=True)
        for right, left in zip(rights, lefts, strict=True)
    ]
    adversarial = [((1 - maps[-1]) ** 2).mean() for maps in fake]
    return GeneratorLosses(
        mel_loss(batch, made),
        kl_loss(made),
        _MATCH_WEIGHT * torch.stack(matching).sum(),
        torch.stack(adversarial).sum(),
    )
