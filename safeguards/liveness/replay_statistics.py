"""The statistics that the replay net reads: the detector's, and what a small cone and a second room leave below 900 Hz and after sounds.

A loudspeaker's high-pass stands where a microphone's does not, and steeper; the room in which speech was recorded and the one in which it is
played again let sounds fade one after the other.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats, stft
from safeguards.detector.features import ENERGY_BANDS, FEATURES, HOP, RATE
from safeguards.detector.statistics import WINDOW, describe, windows

LOW_BANDS = 24
_FFT = 2048  # lines of 8 Hz
_EDGES_HZ = np.geomspace(30.0, 900.0, LOW_BANDS + 1)
_WIDE = 10  # bands of 760 Hz, whose falls are looked at
_LAGS = (3, 8, 16)  # frames of 10 ms
_FLOOR_DB = -75.0  # noise put under every recording, so that digital silence says nothing


def observe_replay(samples: Floats, features: Floats) -> Floats:
    """What the replay net's statistics are made of, ``[frames, 147 + 24]``: log energies of 24 bands from 30 to 900 Hz beside the features.

    Args:
        samples: 16 kHz mono ``[time]``.
        features: the detector's, of the same sound, ``[frames, 147]``.
    """
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    noise = np.random.default_rng(0).standard_normal(len(samples)) * 10.0 ** (_FLOOR_DB / 20.0)
    power = np.abs(stft((samples / max(level, 1e-5) + noise).astype(np.float32), _FFT, HOP)) ** 2
    hertz = np.arange(_FFT // 2 + 1) * RATE / _FFT
    low = np.stack([
        power[:, (hertz >= start) & (hertz < max(stop, start + RATE / _FFT))].sum(axis=1)
        for start, stop in itertools.pairwise(_EDGES_HZ)
    ], axis=1)  # fmt: skip
    low = np.log(low + 1e-8)[: len(features)]
    low = np.pad(low, ((0, len(features) - len(low)), (0, 0)), mode="edge")
    joined: Floats = np.concatenate([features, low], axis=1).astype(np.float32)
    return joined


def describe_replay(features: Floats, centred: bool) -> Floats:
    """Statistics of every window, ``[windows, numbers]``.

    Args:
        features: from :func:`observe_replay`, of speech and what is around it.
        centred: see :func:`safeguards.detector.features.standardise`.
    """
    energies = features[:, :ENERGY_BANDS].reshape(len(features), _WIDE, -1).mean(axis=2)
    rows = [_numbers(features[start:stop, FEATURES:], energies[start:stop]) for start, stop in windows(features)]
    joined: Floats = np.concatenate([describe(features[:, :FEATURES], centred), np.stack(rows)], axis=1)
    return joined


def _numbers(low: Floats, energies: NDArray[np.floating]) -> Floats:
    """Level and spread of the low bands against the whole, and how fast wide bands fall."""
    if len(low) < WINDOW:
        low, energies = np.resize(low, (WINDOW, LOW_BANDS)), np.resize(energies, (WINDOW, _WIDE))
    parts: list[NDArray[np.floating]] = [
        np.percentile(low, [5, 50, 90], axis=0) - energies.mean(),
        low.std(axis=0),
        *(np.percentile(energies[lag:] - energies[:-lag], [2, 10, 25], axis=0) for lag in _LAGS),
    ]
    numbers: Floats = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
    return numbers
