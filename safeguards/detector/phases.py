"""What phases say, every 10 ms, in 50 numbers: whether one pulse drives all bands, and whether periods follow each other as a throat makes them.

- 18 of the excitation (:mod:`safeguards.detector.residual`).
- 16 spreads of group delay within bands of 500 Hz: a pulse has one, phases that a machine made up have many.
- 16 spreads of instantaneous frequency there: a harmonic has one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats, frames, hann
from safeguards.detector.features import HOP
from safeguards.detector.residual import EXCITATIONS, excitation

BANDS = 16
EXCITATION = slice(0, EXCITATIONS)
DELAYS = slice(EXCITATION.stop, EXCITATION.stop + BANDS)
FREQUENCIES = slice(DELAYS.stop, DELAYS.stop + BANDS)
PHASES = FREQUENCIES.stop
_SIZE = 256  # 16 ms: about a period of a low voice, two of a high one
_FLOOR_DB = -75.0  # noise put under every recording, so that digital silence says nothing
_LITTLE = 1e-6


def with_phases(samples: Floats, features: Floats, seed: int = 0) -> Floats:
    """Features of :func:`safeguards.detector.features.observe` and what phases say, ``[frames, 147 + 50]``.

    Args:
        samples: 16 kHz mono ``[time]``, at least 32 ms.
        features: ``[frames, 147]`` of the same.
        seed: of the noise floor.
    """
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    noise = np.random.default_rng(seed + 1).standard_normal(len(samples)) * 10.0 ** (_FLOOR_DB / 20.0)
    scaled = (samples / max(level, 1e-5) + noise).astype(np.float32)
    count = len(features)
    return np.concatenate([features, excitation(scaled, count), _spreads(scaled, count)], axis=1).astype(np.float32)


def _spreads(scaled: Floats, count: int) -> Floats:
    """Spreads of group delay and of instantaneous frequency, ``[count, 32]``.

    Both come from spectra under a window, under the same times time, and under its derivative (Auger and Flandrin 1995).
    """
    padded = np.pad(scaled, (_SIZE // 2, _SIZE + HOP * (count + 1)))
    pieces = frames(padded, _SIZE, HOP)[:count]
    window, timed, derived = _windows()
    spectrum = np.fft.rfft(pieces * window, axis=1)[:, :-1]
    power = spectrum.real**2 + spectrum.imag**2 + np.float32(_LITTLE)
    against = np.conj(spectrum) / power
    delay = (np.fft.rfft(pieces * timed, axis=1)[:, :-1] * against).real / np.float32(_SIZE)
    turn = -(np.fft.rfft(pieces * derived, axis=1)[:, :-1] * against).imag * np.float32(_SIZE / (2.0 * np.pi))
    places = np.arange(spectrum.shape[1], dtype=np.float32) + np.clip(turn, -8.0, 8.0)
    return np.concatenate([_spread(np.clip(delay, -0.5, 0.5), power), _spread(places, power)], axis=1)


def _spread(values: NDArray[np.floating], power: NDArray[np.floating]) -> NDArray[np.floating]:
    """Log of the deviation within each band, loud lines counting more, ``[frames, 16]``."""
    weight = np.sqrt(power)
    whole = _banded(weight)
    mean = _banded(weight * values) / whole
    found: NDArray[np.floating] = 0.5 * np.log(
        np.maximum(_banded(weight * values**2) / whole - mean**2, 0.0) + np.float32(1e-4)
    )
    return found


def _banded(values: NDArray[np.number]) -> NDArray[np.floating]:
    summed: NDArray[np.floating] = values.reshape(len(values), BANDS, -1).sum(axis=2)
    return summed


@lru_cache(maxsize=1)
def _windows() -> tuple[Floats, Floats, Floats]:
    window = hann(_SIZE)
    places = np.arange(_SIZE, dtype=np.float32)
    derived = np.pi / _SIZE * np.sin(2.0 * np.pi * places / _SIZE)
    return window, window * (places - _SIZE / 2), derived.astype(np.float32)
