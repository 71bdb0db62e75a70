"""Signs that a recording was cut together: jumps of the background, and stretches too quiet to be recorded.

A microphone's background changes slowly. Words pasted from elsewhere bring their own background, or leave gaps with
none; both show as steps between neighbouring frames that hold no speech.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats, stft
from audiokit.vad import speech_mask

_FFT, _HOP = 512, 160
_EDGES_HZ = (100.0, 700.0, 2000.0, 4500.0, 7500.0)
_RATE = 16_000
_SIDE = 6  # frames compared on each side of a place
_DEAD_DB = 55.0  # background this far below speech, beside a louder one, was not recorded
_FLOOR = 1e-12


@dataclass(frozen=True, slots=True)
class SpliceCues:
    """Background of a recording.

    Attributes:
        step_db: largest step of the background level between neighbouring 60 ms, mean over bands, in decibels.
        range_db: spread of the background level over the recording, 95th less 5th percentile.
        dead_share: share of pauses that are quieter than any room.
    """

    step_db: float
    range_db: float
    dead_share: float


def splice_cues(samples: Floats) -> SpliceCues:
    """Cues of mono 16 kHz sound ``[time]``; zeros where there is no pause to look at."""
    power = np.abs(stft(samples, _FFT, _HOP)) ** 2
    hertz = np.arange(_FFT // 2 + 1) * _RATE / _FFT
    bands = [power[:, (hertz >= low) & (hertz < high)].mean(axis=1) for low, high in itertools.pairwise(_EDGES_HZ)]
    level = 10.0 * np.log10(np.stack(bands, axis=1) + _FLOOR)  # [frames, bands]
    speech = speech_mask(samples)[: len(level)]
    speech = np.pad(speech, (0, len(level) - len(speech)))
    spoken = np.flatnonzero(speech)
    if not len(spoken):
        return SpliceCues(0.0, 0.0, 0.0)
    loud = float(np.median(level[speech].mean(axis=1)))
    quiet = ~(np.convolve(speech, np.ones(7), mode="same") > 0.5)
    quiet[: spoken[0]] = False
    quiet[spoken[-1] :] = False
    if quiet.sum() < 2 * _SIDE:
        return SpliceCues(0.0, 0.0, 0.0)
    pauses = level[quiet].mean(axis=1)
    return SpliceCues(
        step_db=_largest_step(level, quiet),
        range_db=float(np.percentile(pauses, 95) - np.percentile(pauses, 5)),
        dead_share=float(np.mean(pauses < loud - _DEAD_DB)),
    )


def _largest_step(level: NDArray[np.float64], quiet: NDArray[np.bool_]) -> float:
    largest = 0.0
    for place in range(_SIDE, len(level) - _SIDE):
        if quiet[place - _SIDE : place + _SIDE].all():
            before = np.median(level[place - _SIDE : place], axis=0)
            after = np.median(level[place : place + _SIDE], axis=0)
            largest = max(largest, float(np.abs(after - before).mean()))
    return largest
