"""The prior encoder: tokens and phones to mean and log deviation of the latent."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.encoder import Attention, Encoder


def length_mask(lengths: Tensor, longest: int, dtype: torch.dtype) -> Tensor:
    """1 where a row of ``lengths`` ``[B]`` has something, ``[B, 1, longest]``."""
    return (torch.arange(longest, device=lengths.device)[None] < lengths[:, None])[:, None].to(dtype)


class Mrte(nn.Module):
    """Frames look at phones; the style is added (upstream's "multi-reference timbre encoder")."""

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__()
        self.cross_attention = Attention(config.mrte, config.mrte_heads)
        self.c_pre = nn.Conv1d(config.hidden, config.mrte, 1)
        self.text_pre = nn.Conv1d(config.hidden, config.mrte, 1)
        self.c_post = nn.Conv1d(config.mrte, config.hidden, 1)

    def unread(self, x: Tensor, mask: Tensor, style: Tensor) -> Tensor:
        """As ``forward`` where nobody knows the phones: what the frames themselves say, and the style."""
        return self.c_post((self.c_pre(x * mask) + style) * mask)  # type: ignore[no-any-return]

    def forward(self, x: Tensor, mask: Tensor, text: Tensor, text_mask: Tensor, style: Tensor) -> Tensor:
        """Frames ``[B, hidden, T]``, phones ``[B, hidden, S]``, style ``[B, mrte, 1]`` to ``[B, hidden, T]``."""
        frames, phones = self.c_pre(x * mask), self.text_pre(text * text_mask)
        seen = mask[:, :, :, None] * text_mask[:, :, None, :]
        mixed = self.cross_attention(frames * mask, phones * text_mask, seen) + frames + style
        return self.c_post(mixed * mask)  # type: ignore[no-any-return]

    def weights(self, x: Tensor, mask: Tensor, text: Tensor, text_mask: Tensor) -> Tensor:
        """Where each frame looks among the phones, ``[B, heads, T, S]``."""
        frames, phones = self.c_pre(x * mask), self.text_pre(text * text_mask)
        seen = mask[:, :, :, None] * text_mask[:, :, None, :]
        return self.cross_attention.weights(frames * mask, phones * text_mask, seen)


@dataclass(frozen=True)
class Prior:
    """What the encoder says of the latent.

    Attributes:
        features: output of the last encoder, ``[B, hidden, T]``, at the speed asked for.
        mean: ``[B, inter, T]``, as is ``log_deviation``.
        mask: ``[B, 1, T]``.
    """

    features: Tensor
    mean: Tensor
    log_deviation: Tensor
    mask: Tensor


class PriorEncoder(nn.Module):
    """Three encoders: of the tokens, of the phones, and of both."""

    def __init__(self, config: SoVITSConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.ssl_proj = nn.Conv1d(config.ssl, config.hidden, 1)
        self.encoder_ssl = Encoder(config, config.layers_ssl, dropout)
        self.encoder_text = Encoder(config, config.layers_text, dropout)
        self.text_embedding = nn.Embedding(config.symbols, config.hidden)
        self.mrte = Mrte(config)
        self.encoder2 = Encoder(config, config.layers_joint, dropout)
        self.proj = nn.Conv1d(config.hidden, 2 * config.inter, 1)

    def joint(self, content: Tensor, mask: Tensor, phones: Tensor, phone_mask: Tensor, style: Tensor) -> Tensor:
        """Features before the last projection, ``[B, hidden, T]``.

        Args:
            content: vectors of the codebook, 50 per second, ``[B, ssl, T]``; ``mask`` ``[B, 1, T]``.
            phones: ``[B, S]``; ``phone_mask`` ``[B, 1, S]``.
            style: ``[B, mrte, 1]``.
        """
        frames = self.encode_content(content, mask)
        text = self.encode_phones(phones, phone_mask)
        joined: Tensor = self.encoder2(self.mrte(frames, mask, text, phone_mask, style) * mask, mask)
        return joined

    def unread(self, content: Tensor, mask: Tensor, style: Tensor) -> Prior:
        """As ``forward`` for content whose phones nobody knows."""
        frames = self.mrte.unread(self.encode_content(content, mask), mask, style)
        return self.project(self.encoder2(frames * mask, mask), mask)

    def encode_content(self, content: Tensor, mask: Tensor) -> Tensor:
        """``[B, ssl, T]`` to ``[B, hidden, T]``."""
        return self.encoder_ssl(self.ssl_proj(content * mask) * mask, mask)  # type: ignore[no-any-return]

    def encode_phones(self, phones: Tensor, mask: Tensor) -> Tensor:
        """``[B, S]`` to ``[B, hidden, S]``."""
        return self.encoder_text(self.text_embedding(phones).transpose(1, 2), mask)  # type: ignore[no-any-return]

    def project(self, features: Tensor, mask: Tensor) -> Prior:
        """Mean and log deviation of ``features`` ``[B, hidden, T]``."""
        mean, log_deviation = (self.proj(features) * mask).chunk(2, 1)
        return Prior(features, mean, log_deviation, mask)

    def forward(
        self, content: Tensor, mask: Tensor, phones: Tensor, phone_mask: Tensor, style: Tensor, speed: float = 1.0
    ) -> Prior:
        """See ``joint``; ``speed`` above 1 gives fewer frames."""
        features = self.joint(content, mask, phones, phone_mask, style)
        if speed != 1.0:
            features, mask = hurry(features, mask, speed)
        return self.project(features, mask)


def hurry(features: Tensor, mask: Tensor, speed: float) -> tuple[Tensor, Tensor]:
    """Stretch ``[1, C, T]`` to ``int(T / speed) + 1`` frames by linear interpolation, its mask by nearest neighbour.

    Rows of different lengths cannot share a stretch, since upstream's resampling starts at the row's own length.
    """
    length = int(features.shape[-1] / speed) + 1
    return F.interpolate(features, size=length, mode="linear"), F.interpolate(mask, size=length, mode="nearest")
