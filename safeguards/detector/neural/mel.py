"""Log-mel spectrograms: what every vocoder here is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from safeguards.detector.spectra import mel_bank

FLOOR = 1e-4
_MIDDLE, _SPREAD = -2.0, 2.5  # of log magnitudes of speech at the common level


@dataclass(frozen=True, slots=True)
class Settings:
    """How sound is analysed.

    Attributes:
        size: window and transform, in samples.
        hop: samples from frame to frame.
        bands: mel bands.
        top_hz: upper end of the highest.
        centred: frame t lies around sample ``t * hop``, and there is one frame more; otherwise it covers the hop that begins there.
    """

    size: int = 1024
    hop: int = 256
    bands: int = 80
    top_hz: float = 8000.0
    centred: bool = False


def magnitudes(samples: Tensor, settings: Settings) -> Tensor:
    """``[batch, time]`` at 16 kHz to ``[batch, size // 2 + 1, frames]``."""
    return torch.sqrt(torch.view_as_real(spectra(samples, settings)).square().sum(-1) + 1e-9)


def spectra(samples: Tensor, settings: Settings) -> Tensor:
    """``[batch, time]`` at 16 kHz to complex ``[batch, size // 2 + 1, frames]``."""
    if not settings.centred:
        margin = settings.size - settings.hop
        samples = F.pad(samples[:, None], (margin // 2, margin - margin // 2), mode="reflect")[:, 0]
    window = hann(settings.size, samples.device)
    found: Tensor = torch.stft(
        samples, settings.size, settings.hop, window=window, center=settings.centred, return_complex=True
    )
    return found


def whole(like: Tensor) -> torch.autocast:
    """Full precision within, as phases and the last layers need: half of it leaves noise that discriminators hear."""
    return torch.autocast(like.device.type, enabled=False)


def log_mel(samples: Tensor, settings: Settings) -> Tensor:
    """``[batch, time]`` to ``[batch, bands, frames]``, about zero and of a spread near one."""
    with whole(samples):
        mel = bank(settings, samples.device) @ magnitudes(samples.float(), settings)
        return (torch.log(mel.clamp_min(FLOOR)) - _MIDDLE) / _SPREAD


def linear(mel: Tensor, settings: Settings) -> Tensor:
    """The spectrum's magnitudes as well as mel bands tell them, ``[batch, size // 2 + 1, frames]``."""
    with whole(mel):
        return (_spreading(settings, mel.device) @ torch.exp(mel.float() * _SPREAD + _MIDDLE)).clamp_min(FLOOR)


@lru_cache(maxsize=16)
def bank(settings: Settings, device: torch.device) -> Tensor:
    """``[bands, size // 2 + 1]``."""
    return torch.from_numpy(mel_bank(settings.bands, settings.size, settings.top_hz)).float().to(device)


@lru_cache(maxsize=16)
def _spreading(settings: Settings, device: torch.device) -> Tensor:
    """Each line's mean of the bands that hold it, ``[size // 2 + 1, bands]``; a pseudo-inverse would leave lines of nothing."""
    bands = bank(settings, device)
    shares = bands / bands.sum(0).clamp_min(1e-6)
    return (shares / bands.sum(1, keepdim=True).clamp_min(0.1)).T.contiguous()


@lru_cache(maxsize=16)
def hann(size: int, device: torch.device) -> Tensor:
    """Hann window."""
    return torch.hann_window(size, device=device)
