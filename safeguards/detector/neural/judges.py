"""Discriminators and losses by which the vocoders are trained."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from safeguards.detector.neural.mel import Settings, log_mel, magnitudes, whole

Seen = tuple[Tensor, list[Tensor]]  # verdict, and what the layers saw
_MELS = (Settings(512, 128, 40), Settings(1024, 256, 80), Settings(2048, 512, 120))
_SPECTRA = (Settings(256, 64), Settings(512, 128), Settings(1024, 256))


class _Layers(nn.Module):
    def __init__(self, layers: Sequence[nn.Module], last: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)
        self.last = weight_norm(last)

    def look(self, x: Tensor) -> Seen:
        seen = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            seen.append(x)
        return self.last(x), seen


class Period(_Layers):
    """Sees every n-th sample (Kong et al. 2020)."""

    def __init__(self, period: int) -> None:
        widths = (1, 32, 64, 128, 256)
        layers = [nn.Conv2d(a, b, (5, 1), (3, 1), padding=(2, 0)) for a, b in pairwise(widths)]
        super().__init__(layers, nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))
        self.period = period

    def forward(self, samples: Tensor) -> Seen:
        """``[batch, time]``."""
        whole = samples.shape[1] // self.period * self.period
        return self.look(samples[:, :whole].reshape(len(samples), 1, -1, self.period))


class Lines(_Layers):
    """Sees magnitudes of a spectrum (Jang et al. 2021)."""

    def __init__(self, settings: Settings) -> None:
        widths = (1, 32, 32, 32, 32)
        layers = [nn.Conv2d(a, b, (3, 9), (1, 2 if place else 1), padding=(1, 4))
                  for place, (a, b) in enumerate(pairwise(widths))]  # fmt: skip
        super().__init__(layers, nn.Conv2d(widths[-1], 1, 3, padding=1))
        self.settings = settings

    def forward(self, samples: Tensor) -> Seen:
        """``[batch, time]``."""
        with whole(samples):
            found = magnitudes(samples.float(), self.settings).transpose(1, 2)
        return self.look(torch.log(found.clamp_min(1e-4))[:, None])


class Scale(_Layers):
    """Sees the waveform at a lower rate (Kumar et al. 2019)."""

    def __init__(self, times: int) -> None:
        layers = [
            nn.Conv1d(1, 32, 15, padding=7), nn.Conv1d(32, 64, 41, 4, padding=20, groups=4),
            nn.Conv1d(64, 128, 41, 4, padding=20, groups=8), nn.Conv1d(128, 256, 41, 4, padding=20, groups=16),
        ]  # fmt: skip
        super().__init__(layers, nn.Conv1d(256, 1, 3, padding=1))
        self.times = times

    def forward(self, samples: Tensor) -> Seen:
        """``[batch, time]``."""
        return self.look(F.avg_pool1d(samples[:, None], self.times) if self.times > 1 else samples[:, None])


class Judges(nn.Module):
    """Several at once. ``kinds``: of ``period``, ``lines``, ``scale``."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__()
        every: dict[str, list[nn.Module]] = {
            "period": [Period(period) for period in (2, 3, 5, 7, 11)],
            "lines": [Lines(settings) for settings in _SPECTRA],
            "scale": [Scale(times) for times in (1, 2, 4)],
        }
        self.all = nn.ModuleList(judge for kind in kinds for judge in every[kind])

    def own_loss(self, real: Tensor, made: Tensor) -> Tensor:
        """Least squares: a recording is one, what was made nought."""
        both = torch.cat([real, made.detach()])
        total = torch.zeros((), device=real.device)
        for judge in self.all:
            told, false = judge(both)[0].float().chunk(2)
            total = total + (1.0 - told).square().mean() + false.square().mean()
        return total

    def maker_loss(self, real: Tensor, made: Tensor) -> Tensor:
        """Least squares, and twice how unlike the layers find the two."""
        total = torch.zeros((), device=real.device)
        with torch.no_grad():
            wanted = [judge(real)[1] for judge in self.all]
        for judge, known in zip(self.all, wanted, strict=True):
            verdict, seen = judge(made)
            total = total + (1.0 - verdict.float()).square().mean()
            total = total + sum(2.0 * (a.float() - b.float()).abs().mean() for a, b in zip(known, seen, strict=True))
        return total


def spectral_loss(real: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """Difference of log-mel spectrograms, and of spectra (relative, and in logarithms), each over three resolutions."""
    mel = torch.stack([(log_mel(real, one) - log_mel(made, one)).abs().mean() for one in _MELS]).mean()
    parts = []
    for one in _SPECTRA:
        wanted, found = magnitudes(real, one), magnitudes(made, one)
        parts.append(torch.linalg.norm(wanted - found) / torch.linalg.norm(wanted).clamp_min(1e-3))
        parts.append((torch.log(wanted + 1e-3) - torch.log(found + 1e-3)).abs().mean())
    return mel, torch.stack(parts).mean()
