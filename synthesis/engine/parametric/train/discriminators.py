"""Networks that tell recorded from vocoded speech, small enough to be trained on one core.

One family looks at log spectrograms in several resolutions (Jang et al. 2021, "UnivNet"), the other at samples folded by
several periods (Kong, Kim & Bae 2020, "HiFi-GAN"). Least squares (Mao et al. 2017, "Least squares generative adversarial
networks").
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

PERIODS: Final = (2, 3, 5, 7, 11)
_SLOPE: Final = 0.1

Layers = list[Tensor]  # what each layer gave, the verdict last


class SpectrogramDiscriminator(nn.Module):
    """Verdicts on a magnitude spectrogram ``[B, F, T]``."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        half = width // 2
        self.layers = nn.ModuleList(
            [
                weight_norm(nn.Conv2d(1, half, (3, 9), (1, 2), (1, 4))),
                weight_norm(nn.Conv2d(half, width, (3, 9), (1, 2), (1, 4))),
                weight_norm(nn.Conv2d(width, width, (3, 5), (1, 2), (1, 2))),
                weight_norm(nn.Conv2d(width, width, 3, padding=1)),
                weight_norm(nn.Conv2d(width, 1, 3, padding=1)),
            ]
        )

    def forward(self, magnitude: Tensor) -> Layers:
        """What each layer gives, the verdict last."""
        x = (magnitude.log() + 5.0).transpose(1, 2)[:, None].contiguous(memory_format=torch.channels_last)
        return _through(self.layers, x)


class PeriodDiscriminator(nn.Module):
    """Verdicts on every ``period``-th sample of ``[B, samples]``."""

    def __init__(self, period: int, width: int = 16) -> None:
        super().__init__()
        self.period = period
        sizes = (1, width, 2 * width, 4 * width, 8 * width)
        self.layers = nn.ModuleList([weight_norm(nn.Conv1d(a, b, 5, 3, 2)) for a, b in itertools.pairwise(sizes)])
        self.layers.append(weight_norm(nn.Conv1d(sizes[-1], sizes[-1], 5, padding=2)))
        self.layers.append(weight_norm(nn.Conv1d(sizes[-1], 1, 3, padding=1)))

    def forward(self, samples: Tensor) -> Layers:
        """What each layer gives, the verdict last."""
        count = samples.shape[1] // self.period
        folded = 5.0 * samples[:, : count * self.period].reshape(len(samples), count, self.period)
        return _through(self.layers, folded.transpose(1, 2).reshape(-1, 1, count))


def _through(layers: nn.ModuleList, x: Tensor) -> Layers:
    found = []
    for layer in layers[:-1]:
        x = functional.leaky_relu(layer(x), _SLOPE)
        found.append(x)
    return [*found, layers[-1](x)]


class Jury(nn.Module):
    """All discriminators together; ``scale`` times as wide as one core can train."""

    def __init__(self, resolutions: int, scale: int = 1) -> None:
        super().__init__()
        self.of_spectrograms = nn.ModuleList([SpectrogramDiscriminator(32 * scale) for _ in range(resolutions)])
        self.of_samples = nn.ModuleList([PeriodDiscriminator(period, 16 * scale) for period in PERIODS])

    def forward(self, samples: Tensor, magnitudes: Sequence[Tensor]) -> list[Layers]:
        """Of samples ``[B, time]`` and their magnitude spectrograms, each ``[B, F, T]``."""
        found = [one(spectrogram) for one, spectrogram in zip(self.of_spectrograms, magnitudes, strict=True)]
        return found + [one(samples) for one in self.of_samples]


def judged(real: Sequence[Layers], made: Sequence[Layers]) -> Tensor:
    """What the jury has to bring down: recorded speech is 1, vocoded 0."""
    terms = [
        (1 - r[-1].float()).square().mean() + m[-1].float().square().mean() for r, m in zip(real, made, strict=True)
    ]
    return torch.stack(terms).mean()


def persuasion(made: Sequence[Layers]) -> Tensor:
    """What the vocoder has to bring down: its speech taken for recorded."""
    return torch.stack([(1 - m[-1].float()).square().mean() for m in made]).mean()


def feature_distance(real: Sequence[Layers], made: Sequence[Layers]) -> Tensor:
    """Mean absolute difference of inner layers relative to the recorded ones' size (Larsen et al. 2016)."""
    terms = [
        (a.detach().float() - b.float()).abs().mean() / (a.detach().float().abs().mean() + 1e-4)
        for r, m in zip(real, made, strict=True)
        for a, b in zip(r[:-1], m[:-1], strict=True)
    ]
    return torch.stack(terms).mean()
