"""The generator: latent frames to samples (HiFi-GAN, Kong et al. 2020)."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.convolution import NormedConvTranspose1d, conv1d

SLOPE: Final = 0.1
LAST_SLOPE: Final = 0.01  # upstream leaves the last one at the library's default
_TAPS: Final = 7


class ResidualBlock(nn.Module):
    """Pairs of convolutions, the first of each pair dilated."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...], *, normed: bool) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            conv1d(normed, channels, channels, kernel, padding=kernel // 2 * dilation, dilation=dilation)
            for dilation in dilations
        )
        self.convs2 = nn.ModuleList(conv1d(normed, channels, channels, kernel, padding=kernel // 2) for _ in dilations)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """``[B, C, T]`` to the same; what lies outside ``mask`` ``[B, 1, T]`` counts as 0, as beyond a row's end."""
        for first, second in zip(self.convs1, self.convs2, strict=True):
            inner = F.leaky_relu_(first(_masked(F.leaky_relu(x, SLOPE), mask)), SLOPE)
            x = second(_masked(inner, mask)).add_(x)
        return x


class Generator(nn.Module):
    """Upsampling stages, each followed by residual blocks of several kernels, averaged."""

    def __init__(self, config: SoVITSConfig, *, normed: bool) -> None:
        super().__init__()
        channels = config.channels
        self.conv_pre = nn.Conv1d(config.inter, channels, _TAPS, padding=_TAPS // 2)
        self.cond = nn.Conv1d(config.gin, channels, 1)
        self.ups = nn.ModuleList()
        self.resblocks = nn.ModuleList()
        transposed = NormedConvTranspose1d if normed else nn.ConvTranspose1d
        for rate, kernel in zip(config.rates, config.up_kernels, strict=True):
            self.ups.append(transposed(channels, channels // 2, kernel, stride=rate, padding=(kernel - rate) // 2))
            channels //= 2
            for taps in config.block_kernels:
                self.resblocks.append(ResidualBlock(channels, taps, config.dilations, normed=normed))
        self.conv_post = nn.Conv1d(channels, 1, _TAPS, padding=_TAPS // 2, bias=False)
        self._blocks, self._rates = len(config.block_kernels), config.rates
        self.reach = reach(config)

    def forward(self, x: Tensor, style: Tensor, mask: Tensor | None = None) -> Tensor:
        """Latent to sound.

        Args:
            x: latent ``[B, inter, T]``.
            style: ``[B, gin, 1]``.
            mask: ``[B, 1, T]`` where rows differ in length; each then gives what it gives alone.

        Returns:
            Samples ``[B, 1, 640 T]`` in [-1, 1].
        """
        x = _masked(self.conv_pre(x) + self.cond(style), mask)
        for stage, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, SLOPE))
            if mask is not None:
                mask = mask.repeat_interleave(self._rates[stage], 2)
                x = x * mask
            first, *others = self.resblocks[stage * self._blocks : (stage + 1) * self._blocks]
            total = first(x, mask)
            for block in others:
                total = total.add_(block(x, mask))
            x = total.div_(self._blocks)
        return torch.tanh(self.conv_post(_masked(F.leaky_relu(x, LAST_SLOPE), mask)))


def _masked(x: Tensor, mask: Tensor | None) -> Tensor:
    return x if mask is None else x * mask


def reach(config: SoVITSConfig) -> int:
    """Frames to each side that a frame of the generator's output depends on, rounded up."""
    widest = max(config.block_kernels) // 2 * sum(dilation + 1 for dilation in config.dilations)
    samples_per_frame = 1
    frames = float(_TAPS // 2)
    for rate, kernel in zip(config.rates, config.up_kernels, strict=True):
        frames += (kernel / rate) / samples_per_frame
        samples_per_frame *= rate
        frames += widest / samples_per_frame
    return int(frames + _TAPS / samples_per_frame) + 1
