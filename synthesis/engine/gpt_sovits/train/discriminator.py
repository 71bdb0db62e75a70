"""The discriminators of the second stage: one of the wave, one for each of several periods (HiFi-GAN, Kong et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.build import fill
from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.sovits.convolution import NormedConv1d, NormedConv2d

_SLOPE: Final = 0.1
_PERIODS: Final = (2, 3, 5, 7, 11, 17, 23)
_WIDEST: Final = 1024
_V2: Final = 5  # periods of v1 and v2; the Pro versions have them all

# inputs, outputs, taps, stride, groups
_SCALE: Final = (
    (1, 16, 15, 1, 1),
    (16, 64, 41, 4, 4),
    (64, 256, 41, 4, 16),
    (256, 1024, 41, 4, 64),
    (1024, 1024, 41, 4, 256),
    (1024, 1024, 5, 1, 1),
)
_PERIOD: Final = ((1, 32, 3), (32, 128, 3), (128, 512, 3), (512, 1024, 3), (1024, 1024, 1))


class ScaleDiscriminator(nn.Module):
    """Looks at the wave as it is; no layer is wider than ``widest``."""

    def __init__(self, widest: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            NormedConv1d(
                min(inputs, widest),
                min(outputs, widest),
                taps,
                stride,
                taps // 2,
                groups=min(groups, inputs, outputs, widest),
            )
            for inputs, outputs, taps, stride, groups in _SCALE
        )
        self.conv_post = NormedConv1d(widest, 1, 3, padding=1)

    def forward(self, wave: Tensor) -> list[Tensor]:
        """Maps of each layer for ``[B, 1, T]``; the last is the verdict."""
        return _through(self.convs, self.conv_post, wave)


class PeriodDiscriminator(nn.Module):
    """Looks at every ``period``-th sample; no layer is wider than ``widest``."""

    def __init__(self, period: int, widest: int) -> None:
        super().__init__()
        self.period = period
        self.convs = nn.ModuleList(
            NormedConv2d(min(inputs, widest), min(outputs, widest), 5, stride, 2) for inputs, outputs, stride in _PERIOD
        )
        self.conv_post = NormedConv2d(widest, 1, 3, padding=1)

    def forward(self, wave: Tensor) -> list[Tensor]:
        """As ``ScaleDiscriminator``."""
        batch, channels, length = wave.shape
        rest = -length % self.period
        folded = F.pad(wave, (0, rest), "reflect") if rest else wave
        return _through(self.convs, self.conv_post, folded.view(batch, channels, -1, self.period))


def _through(convs: nn.ModuleList, last: nn.Module, x: Tensor) -> list[Tensor]:
    maps = []
    for conv in convs:
        x = F.leaky_relu(conv(x), _SLOPE)
        maps.append(x)
    return [*maps, last(x)]


class Discriminator(nn.Module):
    """All of them.

    Args:
        periods: how many periods; 5 for v2, 7 for the Pro versions.
        widest: width of the widest layers.
    """

    def __init__(self, periods: int, widest: int = _WIDEST) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(
            [ScaleDiscriminator(widest), *(PeriodDiscriminator(period, widest) for period in _PERIODS[:periods])]
        )

    def forward(self, wave: Tensor) -> list[list[Tensor]]:
        """Maps of each discriminator for ``[B, 1, T]``."""
        return [discriminator(wave) for discriminator in self.discriminators]


def build_discriminator(arrays: Mapping[str, NDArray[Any]]) -> Discriminator:
    """The discriminators of a checkpoint, in float32.

    Raises:
        CheckpointError: ``checkpoint_shape``.
    """
    count = len({name.split(".")[1] for name in arrays if name.startswith("discriminators.")})
    if count not in (1 + _V2, 1 + len(_PERIODS)):
        raise CheckpointError("checkpoint_shape", f"These are {count} discriminators; v2 has 6, the Pro versions 8.")
    last = arrays.get("discriminators.0.conv_post.weight_v")
    widest = last.shape[1] if last is not None and last.ndim == 3 else 0
    if not 64 <= widest <= _WIDEST:
        raise CheckpointError("checkpoint_shape", "The width of the discriminators cannot be read.")
    model = Discriminator(count - 1, widest)
    fill(model, {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
    return model


def fresh_discriminator(*, pro: bool) -> Discriminator:
    """Discriminators that have learned nothing, for bases that come without."""
    return Discriminator(len(_PERIODS) if pro else _V2)
