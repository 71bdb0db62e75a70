"""The detector's network: a small residual convolutional net over band energies, with statistics pooling."""

from __future__ import annotations

import torch
from torch import nn

_WIDTHS = (12, 20, 32, 48)
_FRAME_WIDTH = 64


class Residual(nn.Module):
    """Two 3x3 convolutions beside a 1x1 shortcut; strides in (band, time)."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``[B, inputs, bands, T]`` to ``[B, outputs, bands / s0, T / s1]``."""
        return torch.relu(self.body(x) + self.shortcut(x))


class Detector(nn.Module):
    """Log odds that speech is synthetic: standardised band energies ``[B, T, 80]`` to ``[B]``."""

    def __init__(self, bands: int = 80, outputs: int = 1) -> None:
        super().__init__()
        first, second, third, fourth = _WIDTHS
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 5, (2, 2), padding=2, bias=False), nn.BatchNorm2d(first), nn.ReLU()
        )
        self.blocks = nn.Sequential(
            Residual(first, second, (2, 2)), Residual(second, third, (2, 1)), Residual(third, fourth, (2, 2))
        )
        self.frame = nn.Sequential(nn.Conv1d(fourth * bands // 16, _FRAME_WIDTH, 1), nn.ReLU())
        self.attention = nn.Conv1d(_FRAME_WIDTH, _FRAME_WIDTH, 1)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(2 * _FRAME_WIDTH, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Log odds per item of the batch, ``[B, outputs]``."""
        planes = self.blocks(self.stem(x.transpose(1, 2).unsqueeze(1)))  # [B, C, bands / 16, T / 8]
        frames = self.frame(planes.flatten(1, 2))
        weights = torch.softmax(self.attention(frames), dim=2)
        mean = (frames * weights).sum(dim=2)
        spread = ((frames - mean.unsqueeze(2)) ** 2 * weights).sum(dim=2).clamp_min(1e-5).sqrt()
        logits: torch.Tensor = self.head(self.drop(torch.cat([mean, spread], dim=1)))
        return logits
