"""Distances between spectrograms in several resolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

WINDOWS: Final = (1024, 512, 256)
_LEAST: Final = 1e-4  # amplitude of a bin that counts as silence


def magnitudes(samples: Tensor) -> list[Tensor]:
    """Spectrograms in several resolutions."""
    found = []
    for size in WINDOWS:
        window = torch.hann_window(size, device=samples.device)
        spectrum = torch.stft(samples, size, size // 4, window=window, return_complex=True)
        power = spectrum.real**2 + spectrum.imag**2
        found.append((power / window.square().sum() + _LEAST**2).sqrt())
    return found


def distance(first: Sequence[Tensor], second: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of log amplitudes, and of amplitudes relative to their level."""
    total = torch.zeros((), device=first[0].device)
    for a, b in zip(first, second, strict=True):
        total = total + (a.log() - b.log()).abs().mean() + 4 * (a - b).abs().mean()
    return total / len(first)


def energy_distance(first: Sequence[Tensor], second: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Of spectrograms; half the distance of two renderings is taken off their distance to the recording."""
    return 0.5 * (distance(first, real) + distance(second, real)) - 0.5 * distance(first, second)
