"""A 2.5 s window of features in two thousand numbers and more, in named groups: spread, speed, shape, and how bands move together."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import (
    ENERGIES,
    ENERGY_BANDS,
    FEATURES,
    FINE,
    FRAMES_PER_SECOND,
    PULSE_BANDS,
    PULSES,
    standardise,
)
from safeguards.detector.phases import DELAYS, EXCITATION, FREQUENCIES

WINDOW = 5 * FRAMES_PER_SECOND // 2
STEP = WINDOW // 2
_LITTLE = 1e-3
_CEPSTRA = 24
_WIDE = 16  # wide bands, for modulation
_MODULATION = (2, 5, 10, 20, 40, 80, 126)  # edges in lines of 0.4 Hz
Group = tuple[str, NDArray[np.floating]]


def windows(features: Floats) -> list[tuple[int, int]]:
    """(start, stop) of the windows over ``[frames, 147]``; one window, to be filled by repetition, for less than 2.5 s."""
    if len(features) <= WINDOW:
        return [(0, len(features))]
    return [(start, start + WINDOW) for start in [*range(0, len(features) - WINDOW, STEP), len(features) - WINDOW]]


def describe(features: Floats, centred: bool) -> Floats:
    """Statistics of every window, ``[windows, numbers]``.

    Args:
        features: ``[frames, 147]``, or with what phases say (:func:`safeguards.detector.phases.with_phases`), ``[frames, 197]``.
        centred: whether each band's own mean is removed, see :func:`safeguards.detector.features.standardise`.
    """
    rows = []
    for start, stop in windows(features):
        window = features[start:stop]
        if len(window) < WINDOW:
            window = np.resize(window, (WINDOW, window.shape[1]))
        parts = [values.ravel() for _, values in _all_groups(window, standardise(window, centred))]
        rows.append(np.nan_to_num(np.concatenate(parts)).astype(np.float32))
    return np.stack(rows)


@lru_cache(maxsize=2)
def places(count: int = FEATURES) -> tuple[tuple[str, NDArray[np.float64]], ...]:
    """For each number of a window: the kind it belongs to, and the middle of its band in hertz (NaN where it has none).

    As (kind, hertz ``[numbers of the group]``), in the order of :func:`describe` of that many features.
    """
    window = np.random.default_rng(0).standard_normal((WINDOW, count))
    return tuple((kind, _hertz(kind, values.shape)) for kind, values in _all_groups(window, window[:, :FEATURES]))


def _hertz(kind: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Bands run along the last axis; a band's middle follows from how many there are."""
    bands = shape[-1]
    if kind in {"overall", "cepstrum", "excitation"}:
        return np.full(int(np.prod(shape)), np.nan)
    if kind == "synchrony":
        middles = np.concatenate([_middles(8000.0, PULSE_BANDS, apart) for apart in (1, 4)])
    else:
        middles = _middles(7600.0 if bands > PULSE_BANDS else 8000.0, bands, 0)
    return np.broadcast_to(middles, shape).ravel()


def _middles(top: float, bands: int, apart: int) -> NDArray[np.float64]:
    middles = (np.arange(bands) + 0.5) * top / bands
    return (middles[apart:] + middles[: bands - apart]) / 2.0


def _all_groups(window: NDArray[np.floating], standardised: NDArray[np.floating]) -> list[Group]:
    """Groups of what was standardised, and of what phases say where the window has it."""
    if window.shape[1] == FEATURES:
        return _groups(standardised)
    level = standardised[:, ENERGIES].mean(axis=1)
    loud = level > np.median(level)
    phases = window[:, FEATURES:]
    parts = (("excitation", phases[:, EXCITATION]), ("delay", phases[:, DELAYS]), ("frequency", phases[:, FREQUENCIES]))
    return _groups(standardised) + [
        (kind, np.concatenate([_spread_of(values), values[loud].mean(axis=0)[None]])) for kind, values in parts
    ]


def _groups(window: NDArray[np.floating]) -> list[Group]:
    energies, pulses, fine = window[:, ENERGIES], window[:, PULSES], window[:, FINE]
    synchrony, periodicity, flatness = np.split(fine, [27, 35], axis=1)
    mean = energies.mean(axis=0)
    energies = energies - mean
    spread = energies.std(axis=0) + _LITTLE
    first = np.diff(energies, axis=0)
    second = np.diff(first, axis=0)
    curvature = np.abs(energies[:, 2:] - 2 * energies[:, 1:-1] + energies[:, :-2]).mean(axis=0)
    scaled = energies / spread
    every = ENERGY_BANDS // PULSE_BANDS
    together = np.corrcoef(pulses.T)[np.triu_indices(PULSE_BANDS, 1)]
    loud = energies.mean(axis=1) > np.median(energies.mean(axis=1))
    return [
        ("level", mean),
        ("level", np.stack([spread, *np.percentile(energies, [10, 50, 90], axis=0)])),
        ("shape", np.stack([(scaled**3).mean(axis=0), (scaled**4).mean(axis=0) / 3.0])),
        ("speed", np.log(np.stack([first.std(axis=0), second.std(axis=0)]) + _LITTLE)),
        ("speed", (scaled[5:] * scaled[:-5]).mean(axis=0)),
        ("speed", (scaled[1:] * scaled[:-1]).mean(axis=0)),
        ("detail", np.log(np.pad(curvature, 1, mode="edge") + _LITTLE)),
        ("detail", np.pad((scaled[:, 1:] * scaled[:, :-1]).mean(axis=0), (0, 1))),
        ("detail", np.pad((scaled[:, 4:] * scaled[:, :-4]).mean(axis=0), (2, 2))),
        ("modulation", _modulation(energies)),
        ("cepstrum", _cepstrum(energies)),
        ("overall", np.percentile(np.abs(first.mean(axis=1)), [50, 90, 99, 100])),
        ("overall", np.percentile((first > 1.0).mean(axis=1), [90, 97, 99, 100])),
        ("overall", np.percentile((first < -1.0).mean(axis=1), [90, 97, 99, 100])),
        ("overall", together),
        ("pulses", _spread_of(pulses)),
        ("pulses", (pulses * energies[:, ::every]).mean(axis=0)),
        ("synchrony", np.concatenate([_spread_of(synchrony), synchrony[loud].mean(axis=0)[None]])),
        ("periodicity", np.concatenate([_spread_of(periodicity), periodicity[loud].mean(axis=0)[None]])),
        ("flatness", np.concatenate([_spread_of(flatness), flatness[loud].mean(axis=0)[None]])),
    ]


def _spread_of(values: NDArray[np.floating]) -> NDArray[np.floating]:
    speed = np.log(np.diff(values, axis=0).std(axis=0) + _LITTLE)
    return np.stack([values.mean(axis=0), values.std(axis=0), *np.percentile(values, [10, 50, 90], axis=0), speed])


def _modulation(energies: NDArray[np.floating]) -> NDArray[np.floating]:
    """Log share of each wide band's envelope power between modulation frequencies of 0.8 to 50 Hz, ``[6, 16]``."""
    wide = energies.reshape(len(energies), _WIDE, -1).mean(axis=2)
    power = np.abs(np.fft.rfft(wide * np.hanning(len(wide))[:, None], axis=0)) ** 2 + 1e-6
    sums = np.stack([power[low:high].sum(axis=0) for low, high in itertools.pairwise(_MODULATION)])
    shares: NDArray[np.floating] = np.log(sums / sums.sum(axis=0))
    return shares


def _cepstrum(energies: NDArray[np.floating]) -> NDArray[np.floating]:
    """Log deviations of linear-frequency cepstra, of their first and of their second differences, ``[3, 24]``."""
    cepstra = energies @ _cosines()
    first = np.diff(cepstra, axis=0)
    return np.log(np.stack([cepstra.std(0), first.std(0), np.diff(first, axis=0).std(0)]) + _LITTLE)


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    """Orthonormal DCT-II of the energy bands, its first cepstra, ``[80, 24]``."""
    turn = np.pi / ENERGY_BANDS * np.outer(np.arange(ENERGY_BANDS) + 0.5, np.arange(_CEPSTRA))
    scale = np.full(_CEPSTRA, np.sqrt(2.0 / ENERGY_BANDS))
    scale[0] = np.sqrt(1.0 / ENERGY_BANDS)
    return np.asarray(np.cos(turn) * scale)
