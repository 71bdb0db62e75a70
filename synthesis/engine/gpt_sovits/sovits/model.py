"""The whole second stage. Holds no state of a request: style, tokens and noise are arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from synthesis.engine.gpt_sovits.sovits.config import FRAMES_PER_TOKEN, SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.flow import Flow
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.laid_out import LaidOutGenerator
from synthesis.engine.gpt_sovits.sovits.posterior import PosteriorEncoder
from synthesis.engine.gpt_sovits.sovits.prior import Prior, PriorEncoder, length_mask
from synthesis.engine.gpt_sovits.sovits.quantiser import Quantiser
from synthesis.engine.gpt_sovits.sovits.style import StyleEncoder

NOISE_SCALE = 0.5


@dataclass(frozen=True)
class Style:
    """How a voice sounds.

    Attributes:
        wide: conditions flow, posterior encoder and generator, ``[B, gin, 1]``.
        narrow: conditions the cross-attention, ``[B, mrte, 1]``; the same tensor where the model has but one width.
    """

    wide: Tensor
    narrow: Tensor


class SoVITS(nn.Module):
    """Tokens, phones and a style to sound.

    Args:
        config: sizes.
        normed: keep weight normalisation apart and the posterior encoder in place, for training.
        dropout: of the encoders, in training; ``style_dropout`` of the style encoder.
    """

    def __init__(
        self, config: SoVITSConfig, *, normed: bool = False, dropout: float = 0.0, style_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.config = config
        self.enc_p = PriorEncoder(config, dropout)
        self.dec: Generator | LaidOutGenerator = Generator(config, normed=normed)
        if normed:
            self.enc_q = PosteriorEncoder(config, normed=True)
        self.flow = Flow(config, normed=normed)
        self.ref_enc = StyleEncoder(config, style_dropout)
        self.ssl_proj = nn.Conv1d(config.ssl, config.ssl, FRAMES_PER_TOKEN, stride=FRAMES_PER_TOKEN)
        self.quantizer = Quantiser(config)
        if config.pro:
            self.sv_emb = nn.Linear(config.sv, config.gin)
            self.ge_to512 = nn.Linear(config.gin, config.mrte)
            self.prelu = nn.PReLU(config.gin)

    def tokens(self, features: Tensor) -> Tensor:
        """HuBERT features ``[B, ssl, T]`` to tokens ``[B, T // 2]``."""
        return self.quantizer.encode(self.ssl_proj(features))

    def reference(self, spectrum: Tensor, mask: Tensor, speaker: Tensor | None) -> Tensor:
        """Style vector ``[B, gin, 1]`` of a reference.

        Args:
            spectrum: linear magnitudes ``[B, bins, T]``; ``mask`` ``[B, 1, T]``.
            speaker: map of the speaker model ``[B, sv]``; needed where the model is Pro, else not looked at.

        Raises:
            ValueError: when it is needed and missing.
        """
        style: Tensor = self.ref_enc(spectrum, mask)
        if self.config.pro:
            if speaker is None:
                raise ValueError("this model needs the speaker model's map of each reference")
            style = self.prelu(style + self.sv_emb(speaker)[:, :, None])
        return style

    def style(self, wide: Tensor) -> Style:
        """Both widths of a style vector ``[B, gin, 1]``."""
        narrow = self.ge_to512(wide.transpose(1, 2)).transpose(1, 2) if self.config.pro else wide
        return Style(wide, narrow)

    def averaged(self, references: Sequence[tuple[Tensor, Tensor | None]]) -> Tensor:
        """Mean style vector of several references: pairs of ``[1, bins, T]`` and ``[1, sv]``."""
        vectors = [
            self.reference(spectrum, torch.ones_like(spectrum[:, :1]), speaker) for spectrum, speaker in references
        ]
        return torch.stack(vectors).mean(0)

    def content(self, tokens: Tensor) -> Tensor:
        """Tokens ``[B, T]`` to vectors at 50 frames per second, ``[B, ssl, 2 T]``."""
        return self.quantizer.decode(tokens).repeat_interleave(FRAMES_PER_TOKEN, 2)

    def prior(
        self,
        tokens: Tensor,
        phones: Tensor,
        style: Style,
        speed: float = 1.0,
        lengths: tuple[Tensor, Tensor] | None = None,
    ) -> Prior:
        """What the latent should be.

        Args:
            tokens: ``[B, T]``.
            phones: of the target alone, without the reference's, ``[B, S]``.
            style: see ``Style``.
            speed: above 1 is faster; 1 when rows differ in length.
            lengths: tokens ``[B]`` and phones ``[B]`` of each row; None when all are full.
        """
        content = self.content(tokens)
        if lengths is None:
            mask, phone_mask = torch.ones_like(content[:, :1]), torch.ones_like(phones[:, None]).to(content.dtype)
        else:
            mask = length_mask(FRAMES_PER_TOKEN * lengths[0], content.shape[2], content.dtype)
            phone_mask = length_mask(lengths[1], phones.shape[1], content.dtype)
        found: Prior = self.enc_p(content, mask, phones, phone_mask, style.narrow, speed)
        return found

    def sound(
        self,
        prior: Prior,
        style: Style,
        noise: Tensor | None,
        noise_scale: float = NOISE_SCALE,
        *,
        ragged: bool = False,
    ) -> Tensor:
        """Samples of a prior.

        Args:
            prior: see ``prior``.
            style: see ``Style``.
            noise: ``[B, inter, T]``; None takes the mean.
            noise_scale: factor on the noise.
            ragged: rows differ in length; each gives what it gives alone, and silence behind.

        Returns:
            ``[B, 1, 640 T]``.
        """
        latent = prior.mean
        if noise is not None:
            latent = latent + noise * torch.exp(prior.log_deviation) * noise_scale
        latent = self.flow(latent, prior.mask, style.wide, reverse=True)
        samples: Tensor = self.dec(latent * prior.mask, style.wide, prior.mask if ragged else None)
        return samples
