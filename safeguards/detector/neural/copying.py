"""Copies of recordings by vocoders that :mod:`safeguards.detector.neural.train` trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import fft
from scipy import signal as dsp
from torch import nn

from safeguards.detector.copies import BEGINNING
from safeguards.detector.neural.data import LEVEL
from safeguards.detector.neural.mel import log_mel
from safeguards.detector.neural.spectral import Flow
from safeguards.detector.neural.systems import SYSTEMS, System, load
from safeguards.detector.spectra import Signal

_PREDICTED = 0.5  # of the copies: from a spectrogram as smooth as an acoustic model's
Frames = NDArray[np.float64]


def copiers(folder: Path) -> dict[str, Callable[[Signal, np.random.Generator], Signal]]:
    """What copies mono 16 kHz ``[time]``, by the name of the copies' system, for every trained vocoder of a folder."""
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        name, network = load(path)
        found[BEGINNING + name] = _copier(network, SYSTEMS[name])
    return found


def _copier(network: nn.Module, system: System) -> Callable[[Signal, np.random.Generator], Signal]:
    def copy(x: Signal, rng: np.random.Generator) -> Signal:
        level = LEVEL / max(float(np.sqrt(np.mean(x**2))), 1e-6) * 10.0 ** float(rng.uniform(-0.15, 0.15))
        hop = system.settings.hop
        whole = np.pad(x * level, (0, -len(x) % hop + 2 * system.settings.size)).astype(np.float32)
        torch.manual_seed(int(rng.integers(1 << 31)))
        with torch.inference_mode():
            mel = log_mel(torch.from_numpy(whole[: len(whole) // hop * hop])[None], system.settings)
            if rng.random() < _PREDICTED:
                mel = torch.from_numpy(as_predicted(mel[0].numpy().astype(np.float64), rng))[None].float()
            made = network(mel, int(rng.choice([4, 8, 16]))) if isinstance(network, Flow) else network(mel)
        return np.asarray(made[0].numpy()[: len(x)] / level, dtype=np.float64)

    return copy


def as_predicted(mel: Frames, rng: np.random.Generator) -> Frames:
    """A log-mel spectrogram ``[bands, frames]`` made smooth as acoustic models predict it: in time, over bands, or towards its mean."""
    if rng.random() < 0.7:
        window = np.hanning(int(rng.choice([5, 7, 9])))
        mel = dsp.convolve(mel, (window / window.sum())[None], mode="same")
    if rng.random() < 0.5:
        cepstra = fft.dct(mel, axis=0, norm="ortho")
        cepstra[int(rng.choice([20, 30, 40])) :] *= float(rng.uniform(0.0, 0.5))
        mel = fft.idct(cepstra, axis=0, norm="ortho")
    slow = dsp.convolve(mel, np.full((1, 31), 1.0 / 31.0), mode="same")
    return np.asarray(slow + (mel - slow) * float(rng.uniform(0.85, 1.0)))
