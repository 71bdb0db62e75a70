"""The statistics that the splice net reads: about fourteen hundred numbers of a 2.5 s window, pauses included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import ENERGY_BANDS, FEATURES, PULSE_BANDS, PULSES, standardise
from safeguards.detector.statistics import WINDOW, windows
from safeguards.liveness.junctions import junctions

_LITTLE = 1e-3
_DEEPEST = (0.0, 0.4, 0.8, 1.6, 2.4, 4.0, 10.0, 50.0)  # percentiles: of 250 frames the first seven or so are cuts


def observe_splice(samples: Floats, features: Floats) -> Floats:
    """What the splice net's statistics are made of, ``[frames, 147 + 8]``.

    Args:
        samples: 16 kHz mono ``[time]``.
        features: the detector's, of the same sound, ``[frames, 147]``.
    """
    joined: Floats = np.concatenate([features, junctions(samples, len(features))], axis=1)
    return joined


def together(outputs: NDArray[np.float32]) -> float:
    """What a recording's windows ``[windows]`` say together: the logarithm of their mean odds.

    A few cut seconds after many that are whole count for more than in a mean of logarithms.
    """
    return float(np.log(np.mean(np.exp(outputs.astype(np.float64)))))


def describe_splice(features: Floats, centred: bool) -> Floats:
    """Statistics of every window, ``[windows, numbers]``.

    Args:
        features: from :func:`observe_splice`, of which the energies, the pulses and the traces of cuts are used.
        centred: whether each band's own mean is removed, see :func:`safeguards.detector.features.standardise`.
    """
    rows = []
    for start, stop in windows(features):
        window = features[start:stop]
        if len(window) < WINDOW:
            window = np.resize(window, (WINDOW, window.shape[1]))
        seen = standardise(window[:, :FEATURES], centred)[:, : PULSES.stop]
        cuts = np.percentile(window[:, FEATURES:], _DEEPEST, axis=0).ravel()
        rows.append(np.concatenate([_numbers(seen), cuts.astype(np.float32)]))
    return np.stack(rows)


def _numbers(window: Floats) -> Floats:
    energies, pulses = window[:, :ENERGY_BANDS], window[:, ENERGY_BANDS:]
    mean = energies.mean(axis=0)
    energies = energies - mean
    spread = energies.std(axis=0) + _LITTLE
    first = np.diff(energies, axis=0)
    second = np.diff(first, axis=0)
    curvature = np.abs(energies[:, 2:] - 2 * energies[:, 1:-1] + energies[:, :-2]).mean(axis=0)
    every = ENERGY_BANDS // PULSE_BANDS
    together = np.corrcoef(pulses.T + 0.0)[np.triu_indices(PULSE_BANDS, 1)]
    parts: list[NDArray[np.floating]] = [
        mean,
        spread,
        np.log(first.std(axis=0) + _LITTLE),
        np.log(second.std(axis=0) + _LITTLE),
        np.percentile(energies, [10, 50, 90], axis=0).ravel(),
        ((energies / spread) ** 3).mean(axis=0),
        ((energies / spread) ** 4).mean(axis=0) / 3.0,
        np.log(curvature + _LITTLE),
        _correlation(energies[:, 1:], energies[:, :-1], spread[1:] * spread[:-1]),
        _correlation(energies[:, 4:], energies[:, :-4], spread[4:] * spread[:-4]),
        _correlation(energies[5:], energies[:-5], spread**2),
        _correlation(energies[1:], energies[:-1], spread**2),
        np.percentile(np.abs(first.mean(axis=1)), [50, 90, 99, 100]),
        pulses.mean(axis=0),
        pulses.std(axis=0),
        np.percentile(pulses, [10, 50, 90], axis=0).ravel(),
        np.log(np.diff(pulses, axis=0).std(axis=0) + _LITTLE),
        (pulses * energies[:, ::every]).mean(axis=0),
        together,
    ]
    numbers: Floats = np.nan_to_num(np.concatenate(parts)).astype(np.float32)
    return numbers


def _correlation(
    first: NDArray[np.floating], second: NDArray[np.floating], scale: NDArray[np.floating]
) -> NDArray[np.floating]:
    return np.asarray((first * second).mean(axis=0) / scale)
