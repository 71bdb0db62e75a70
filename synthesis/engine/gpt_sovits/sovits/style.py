"""The style encoder: a linear spectrogram to one vector (Meta-StyleSpeech, Min et al. 2021)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig

_TAPS = 5
_BLOCKS = 2


class _Linear(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.fc = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)  # type: ignore[no-any-return]


class _Conv(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, _TAPS, padding=_TAPS // 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)  # type: ignore[no-any-return]


class _GatedBlock(nn.Module):
    """Gated linear unit with a residual (Dauphin et al. 2017)."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.conv1 = _Conv(channels, 2 * channels)
        self._dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        return x + F.dropout(F.glu(self.conv1(x), 1), self._dropout, self.training)


class _SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.w_qs = nn.Linear(width, width)
        self.w_ks = nn.Linear(width, width)
        self.w_vs = nn.Linear(width, width)
        self.fc = nn.Linear(width, width)
        self._heads, self._dropout = heads, dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``[B, T, W]`` with ``mask`` ``[B, 1, 1, T]``, true where there is something."""
        batch, length, width = x.shape
        q, k, v = (
            layer(x).view(batch, length, self._heads, -1).transpose(1, 2) for layer in (self.w_qs, self.w_ks, self.w_vs)
        )
        # Scaled by the model's width, not the head's: so were the weights trained.
        scores = (q @ k.transpose(-2, -1) / math.sqrt(width)).masked_fill(~mask, -torch.inf)
        weights = F.dropout(torch.softmax(scores, -1), self._dropout, self.training)
        mixed = self.fc((weights @ v).transpose(1, 2).reshape(batch, length, width))
        return F.dropout(mixed, self._dropout, self.training) + x


class StyleEncoder(nn.Module):
    """Timbre, room and mood of a reference as one vector."""

    def __init__(self, config: SoVITSConfig, dropout: float = 0.0) -> None:
        super().__init__()
        # Indices 0 and 3 hold weights, as upstream's names say.
        self.spectral = nn.ModuleDict(
            {"0": _Linear(config.style_bins, config.style), "3": _Linear(config.style, config.style)}
        )
        self.temporal = nn.ModuleList(_GatedBlock(config.style, dropout) for _ in range(_BLOCKS))
        self.slf_attn = _SelfAttention(config.style, config.style_heads, dropout)
        self.fc = _Linear(config.style, config.gin)
        self.bins = config.style_bins
        self._dropout = dropout

    def forward(self, spectrum: Tensor, mask: Tensor) -> Tensor:
        """Encode.

        Args:
            spectrum: linear magnitudes, ``[B, at least bins, T]``; the bins above are not looked at.
            mask: ``[B, 1, T]``.

        Returns:
            ``[B, gin, 1]``.
        """
        x = (spectrum[:, : self.bins] * mask).transpose(1, 2)
        for layer in self.spectral.values():
            x = F.dropout(F.mish(layer(x)), self._dropout, self.training)
        x = x.transpose(1, 2)
        for block in self.temporal:
            x = block(x)
        there = mask[:, 0] > 0  # [B, T]
        x = x.transpose(1, 2).masked_fill(~there[:, :, None], 0.0)
        x = self.fc(self.slf_attn(x, there[:, None, None]))
        pooled: Tensor = x.float().masked_fill(~there[:, :, None], 0.0).sum(1) / there.sum(1)[:, None]
        return pooled.to(x.dtype)[:, :, None]
