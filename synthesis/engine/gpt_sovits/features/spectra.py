"""Spectra as the models were trained on (v1 to v2ProPlus): 32 kHz, 50 frames per second."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from audiokit.features import mel_filters
from synthesis.engine.gpt_sovits.sovits.config import HOP, N_FFT, SAMPLE_RATE

MEL_BANDS: Final = 128
_FLOOR: Final = 1e-5
_UNDER_ROOT: Final = 1e-8  # keeps the root's slope finite in silence


def linear(samples: Tensor) -> Tensor:
    """Linear magnitudes ``[B, 1025, T // 640]`` of samples ``[B, T]``, T > 704: periodic Hann, ends reflected."""
    side = (N_FFT - HOP) // 2
    padded = F.pad(samples[:, None], (side, side), mode="reflect")[:, 0]
    window = torch.hann_window(N_FFT, dtype=samples.dtype, device=samples.device)
    spectrum = torch.stft(padded, N_FFT, HOP, N_FFT, window, center=False, return_complex=True)
    return torch.sqrt(spectrum.real**2 + spectrum.imag**2 + _UNDER_ROOT)


@lru_cache(maxsize=4)
def _filters(device: torch.device) -> Tensor:
    bank = mel_filters(SAMPLE_RATE, N_FFT, MEL_BANDS, scale="slaney", unit_area=True)
    return torch.from_numpy(bank.copy()).to(device)


def mel(spectrum: Tensor) -> Tensor:
    """Log mel bands ``[B, 128, T]`` of linear magnitudes ``[B, 1025, T]``: Slaney's scale, unit area, not below log 1e-5."""
    return torch.log((_filters(spectrum.device).to(spectrum.dtype) @ spectrum).clamp(min=_FLOOR))
