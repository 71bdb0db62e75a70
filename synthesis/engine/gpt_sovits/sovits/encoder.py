"""Post-norm transformer encoders with relative positions (Shaw et al. 2018; VITS, Kim et al. 2021)."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig

_FORBIDDEN: Final = -1e4  # upstream's fill; finite, so that a row of pads stays a number


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of ``[B, C, T]``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, T]`` to the same."""
        return F.layer_norm(x.transpose(1, -1), self.gamma.shape, self.gamma, self.beta, 1e-5).transpose(1, -1)


class Attention(nn.Module):
    """Multi-head attention over ``[B, C, T]``.

    Args:
        channels: width of queries and of the result.
        heads: a divisor of ``channels``.
        window: relative positions learned on each side, shared over heads; None for none.
        dropout: on the weights, in training.
    """

    def __init__(self, channels: int, heads: int, window: int | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv_q = nn.Conv1d(channels, channels, 1)
        self.conv_k = nn.Conv1d(channels, channels, 1)
        self.conv_v = nn.Conv1d(channels, channels, 1)
        self.conv_o = nn.Conv1d(channels, channels, 1)
        self._heads, self._window, self._dropout = heads, window, dropout
        if window is not None:
            width = channels // heads
            self.emb_rel_k = nn.Parameter(torch.randn(1, 2 * window + 1, width) * width**-0.5)
            self.emb_rel_v = nn.Parameter(torch.randn(1, 2 * window + 1, width) * width**-0.5)

    def forward(self, x: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Attend from ``x`` to ``context``.

        Args:
            x: ``[B, C, T]``.
            context: ``[B, C, S]``.
            mask: ``[B, 1, T, S]``, 0 where not to look.

        Returns:
            ``[B, C, T]``.
        """
        q, k, v = self._split(self.conv_q(x)), self._split(self.conv_k(context)), self._split(self.conv_v(context))
        weights = self._weights(q, k, mask)
        weights = F.dropout(weights, self._dropout, self.training)
        mixed = weights @ v  # [B, H, T, D]
        if self._window is not None:
            mixed = mixed + self._near(weights) @ self.emb_rel_v
        out: Tensor = self.conv_o(mixed.transpose(2, 3).reshape(x.shape))
        return out

    def weights(self, x: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Where each position of ``x`` looks, ``[B, heads, T, S]``."""
        return self._weights(self._split(self.conv_q(x)), self._split(self.conv_k(context)), mask)

    def _split(self, x: Tensor) -> Tensor:
        batch, channels, length = x.shape
        return x.view(batch, self._heads, channels // self._heads, length).transpose(2, 3)  # [B, H, T, D]

    def _weights(self, q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
        q = q / math.sqrt(q.shape[-1])
        scores = q @ k.transpose(-2, -1)  # [B, H, T, S]
        if self._window is not None:
            scores = scores + self._place(q @ self.emb_rel_k.transpose(-2, -1))
        return torch.softmax(scores.masked_fill(mask == 0, _FORBIDDEN), -1)

    def _place(self, near: Tensor) -> Tensor:
        """Scores by distance ``[B, H, T, 2 W + 1]`` to scores by position ``[B, H, T, T]``, 0 beyond the window."""
        window, length = near.shape[-1] // 2, near.shape[-2]
        steps = torch.arange(length, device=near.device)
        distance = steps[None, :] - steps[:, None] + window
        inside = (distance >= 0) & (distance <= 2 * window)
        index = distance.clamp(0, 2 * window).expand(*near.shape[:2], length, length)
        return near.gather(-1, index) * inside

    def _near(self, weights: Tensor) -> Tensor:
        """Weights by position ``[B, H, T, T]`` to weights by distance ``[B, H, T, 2 W + 1]``."""
        window, length = self.emb_rel_v.shape[1] // 2, weights.shape[-1]
        steps = torch.arange(length, device=weights.device)
        position = steps[:, None] + torch.arange(-window, window + 1, device=weights.device)
        inside = (position >= 0) & (position < length)
        index = position.clamp(0, length - 1).expand(*weights.shape[:2], length, 2 * window + 1)
        return weights.gather(-1, index) * inside


class FeedForward(nn.Module):
    """Two convolutions with a ReLU between them."""

    def __init__(self, channels: int, inner: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.conv_1 = nn.Conv1d(channels, inner, kernel, padding=kernel // 2)
        self.conv_2 = nn.Conv1d(inner, channels, kernel, padding=kernel // 2)
        self._dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``[B, C, T]`` with ``mask`` ``[B, 1, T]`` to the same."""
        x = F.dropout(torch.relu(self.conv_1(x * mask)), self._dropout, self.training)
        return self.conv_2(x * mask) * mask  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """A stack of attention and feed-forward blocks, each followed by a normalisation."""

    def __init__(self, config: SoVITSConfig, layers: int, dropout: float) -> None:
        super().__init__()
        hidden = config.hidden
        self.attn_layers = nn.ModuleList(Attention(hidden, config.heads, config.window, dropout) for _ in range(layers))
        self.norm_layers_1 = nn.ModuleList(ChannelNorm(hidden) for _ in range(layers))
        self.ffn_layers = nn.ModuleList(
            FeedForward(hidden, config.inner, config.kernel, dropout) for _ in range(layers)
        )
        self.norm_layers_2 = nn.ModuleList(ChannelNorm(hidden) for _ in range(layers))
        self._dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``[B, C, T]`` with ``mask`` ``[B, 1, T]`` to the same."""
        seen = mask[:, :, :, None] * mask[:, :, None, :]  # [B, 1, T, T]
        x = x * mask
        blocks = zip(self.attn_layers, self.norm_layers_1, self.ffn_layers, self.norm_layers_2, strict=True)
        for attention, norm_1, forward, norm_2 in blocks:
            x = norm_1(x + F.dropout(attention(x, x, seen), self._dropout, self.training))
            x = norm_2(x + F.dropout(forward(x, mask), self._dropout, self.training))
        return x * mask
