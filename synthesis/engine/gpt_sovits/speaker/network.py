"""ERes2NetV2 (Chen et al. 2024, "ERes2NetV2: Boosting Short-Duration Speaker Verification"), up to its fused feature map.

Upstream uses the map before pooling, averaged over time; pooling and the embedding layer are kept only because the weights
have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_CEILING: Final = 20.0
_REDUCTION: Final = 4


@dataclass(frozen=True, slots=True)
class SpeakerConfig:
    """Sizes, as the weights' shapes tell.

    Attributes:
        channels: width of the first convolution.
        width: width of a branch in the first stage; it doubles with each stage.
        scale: branches of a block.
        expansion: a block's output over its stage's channels.
        blocks: blocks of each stage.
        bands: mel bands, a multiple of 8.
        embedding: width of the embedding layer, unused here.
    """

    channels: int = 64
    width: int = 24
    scale: int = 4
    expansion: int = 4
    blocks: tuple[int, ...] = (3, 4, 6, 3)
    bands: int = 80
    embedding: int = 192

    @property
    def out(self) -> int:
        """Width of the averaged map."""
        return self.channels * 8 * self.expansion * (self.bands // 8)


class Fusion(nn.Module):
    """Weighs two maps against each other by what both show (attentional feature fusion, Dai et al. 2021)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // _REDUCTION
        self.local_att = nn.Sequential(
            nn.Conv2d(2 * channels, inner, 1),
            nn.BatchNorm2d(inner),
            nn.SiLU(),
            nn.Conv2d(inner, channels, 1),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Two ``[B, C, F, T]`` to one."""
        share = torch.tanh(self.local_att(torch.cat((x, y), 1)))
        return x * (1.0 + share) + y * (1.0 - share)


class Block(nn.Module):
    """A residual block whose branches pass on to each other (Res2Net, Gao et al. 2021)."""

    def __init__(self, inputs: int, outputs: int, width: int, scale: int, stride: int, *, fused: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width * scale, 1, stride=stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width * scale)
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(scale))
        self.bns = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(scale))
        if fused:
            self.fuse_models = nn.ModuleList(Fusion(width) for _ in range(scale - 1))
        self.conv3 = nn.Conv2d(width * scale, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self._fused = fused

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, F, T]`` to ``[B, C', F / stride, T / stride]``."""
        branches = _clipped(self.bn1(self.conv1(x))).chunk(len(self.convs), 1)
        done: list[Tensor] = []
        for index, (conv, norm, branch) in enumerate(zip(self.convs, self.bns, branches, strict=True)):
            joined = branch
            if done:
                joined = self.fuse_models[index - 1](done[-1], branch) if self._fused else done[-1] + branch
            done.append(_clipped(norm(conv(joined))))
        return _clipped(self.bn3(self.conv3(torch.cat(done, 1))) + self.shortcut(x))


def _clipped(x: Tensor) -> Tensor:
    return x.clamp(0.0, _CEILING)


class SpeakerNet(nn.Module):
    """Mel filter-bank energies to one long vector. For inference: the normalisations use their stored statistics."""

    def __init__(self, config: SpeakerConfig) -> None:
        super().__init__()
        self.config = config
        base = config.channels
        self.conv1 = nn.Conv2d(1, base, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(base)
        inputs = base
        stages: list[nn.Module] = []
        for index, count in enumerate(config.blocks):
            outputs, width = base * 2**index * config.expansion, config.width * 2**index
            stage = []
            for position in range(count):
                stride = 2 if index and not position else 1
                stage.append(Block(inputs, outputs, width, config.scale, stride, fused=index >= 2))
                inputs = outputs
            stages.append(nn.Sequential(*stage))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.layer3_ds = nn.Conv2d(inputs // 2, inputs, 3, padding=1, stride=2, bias=False)
        self.fuse34 = Fusion(inputs)
        self.seg_1 = nn.Linear(2 * config.out, config.embedding)

    def forward(self, energies: Tensor) -> Tensor:
        """``[B, T, bands]`` to ``[B, out]``."""
        x = F.relu(self.bn1(self.conv1(energies.transpose(1, 2)[:, None])))
        third = self.layer3(self.layer2(self.layer1(x)))
        fused = self.fuse34(self.layer4(third), self.layer3_ds(third))  # [B, C, bands / 8, T / 8]
        return fused.flatten(1, 2).mean(-1)  # type: ignore[no-any-return]
