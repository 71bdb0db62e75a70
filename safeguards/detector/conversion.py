"""Voice conversion without training: what one person says, in spectra of another."""

from __future__ import annotations

import numpy as np
import pyworld
from scipy import fft
from scipy.spatial import cKDTree

from safeguards.detector.spectra import RATE, Signal, analyse, griffin_lim
from safeguards.detector.vocoders import world

_NEIGHBOURS = 4
_CEPSTRA = 20


def nearest_frames(x: Signal, target: Signal, rng: np.random.Generator) -> Signal:
    """Each frame's envelope becomes the mean of the target's nearest ones; pitch is moved to the target's; WORLD speaks.

    Nearest neighbours by cepstrum, after kNN-VC (Baas et al. 2023) with cepstra in place of learned features.

    Args:
        x: what is said.
        target: speech of the wanted voice, a few seconds or more.
        rng: picks the vocoder's settings.
    """
    f0, envelope, aperiodicity, period = world(x, 5.0)
    there, others, noise, _ = world(target, 5.0)
    own, wanted = _cepstra(envelope), _cepstra(others)
    near = cKDTree(wanted - wanted.mean(axis=0)).query(own - own.mean(axis=0), k=_NEIGHBOURS)[1]
    shaped = np.exp(np.log(others)[near].mean(axis=1))
    level = (np.log(envelope).mean(axis=1) - np.log(shaped).mean(axis=1))[:, None]
    shaped *= np.exp(np.clip(level, -6.0, 6.0))
    if rng.random() < 0.5:
        aperiodicity = noise[near].mean(axis=1)
    ratio = _median_pitch(there) / _median_pitch(f0)
    made: Signal = pyworld.synthesize(
        f0 * ratio, np.ascontiguousarray(shaped), np.ascontiguousarray(np.clip(aperiodicity, 1e-3, 0.999)), RATE, period
    )
    return made


def nearest_spectra(x: Signal, target: Signal, rng: np.random.Generator) -> Signal:
    """The same with whole short-time spectra and guessed phases: no vocoder, no pitch."""
    said, there = np.abs(analyse(x)), np.abs(analyse(target))
    own, wanted = _cepstra(said**2 + 1e-9), _cepstra(there**2 + 1e-9)
    near = cKDTree(wanted - wanted.mean(axis=0)).query(own - own.mean(axis=0), k=int(rng.choice([1, 2, 4])))[1]
    chosen = there[near.reshape(len(said), -1)].mean(axis=1)
    chosen *= (np.sqrt((said**2).sum(axis=1)) / np.maximum(np.sqrt((chosen**2).sum(axis=1)), 1e-9))[:, None]
    return griffin_lim(chosen, 30, np.exp(2j * np.pi * rng.random(chosen.shape)))


def _cepstra(power: Signal) -> Signal:
    return np.asarray(fft.dct(np.log(power + 1e-12), type=2, axis=1, norm="ortho")[:, 1:_CEPSTRA])


def _median_pitch(f0: Signal) -> float:
    voiced = f0[f0 > 0.0]
    return float(np.median(voiced)) if len(voiced) else 150.0
