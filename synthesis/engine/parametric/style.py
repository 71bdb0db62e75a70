"""A speaker's manner in numbers: rate, pitch, pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.reading import Reading

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Style:
    """How a speaker speaks.

    Attributes:
        rate: mean over phones of log duration minus the phone's usual log duration; positive is slow.
        f0_mean: mean of log-F0.
        f0_deviation: standard deviation of log-F0.
        pause: mean of log seconds of inner pauses.
    """

    rate: float
    f0_mean: float
    f0_deviation: float
    pause: float

    def vector(self) -> Floats:
        """What the prosody network sees, near unit scale, ``[3]``."""
        return np.array([self.rate * 5, (self.f0_deviation - 0.2) * 10, self.pause + 1.0], dtype=np.float32)


def log_durations(reading: Reading) -> Floats:
    """Natural logarithm of frames, at least one, ``[P]``."""
    return np.log(np.maximum(reading.frames, 1)).astype(np.float32)


def usual_log_durations(readings: Sequence[Reading]) -> Floats:
    """Mean log duration of each phone, ``[phones]``; phones never heard get the mean of all."""
    phone = np.concatenate([reading.track.phone for reading in readings])
    duration = np.concatenate([log_durations(reading) for reading in readings])
    total = np.bincount(phone, duration, len(ph.PHONES))
    count = np.bincount(phone, minlength=len(ph.PHONES))
    usual = np.where(count > 0, total / np.maximum(count, 1), duration.mean())
    return usual.astype(np.float32)


def measure(readings: Sequence[Reading], usual: Floats) -> Style:
    """Style of one speaker; ``usual`` as of ``usual_log_durations``."""
    speech = np.concatenate([~reading.track.silent for reading in readings])
    phone = np.concatenate([reading.track.phone for reading in readings])
    duration = np.concatenate([log_durations(reading) for reading in readings])
    log_f0 = np.concatenate([reading.log_f0[reading.voiced & reading.speech] for reading in readings])
    if log_f0.size < 20:
        log_f0 = np.concatenate([reading.log_f0 for reading in readings])
    near = log_f0[np.abs(log_f0 - np.median(log_f0)) < 0.6]
    inner = [
        frames / 100
        for reading in readings
        for frames in reading.frames[1:-1][reading.track.silent[1:-1]]
        if frames >= 6
    ]
    return Style(
        rate=float(np.clip((duration - usual[phone])[speech].mean(), -0.5, 0.5)),
        f0_mean=float(near.mean()),
        f0_deviation=float(np.clip(near.std(), 0.08, 0.4)),
        pause=float(np.clip(np.log(inner).mean() if inner else -1.0, -2.0, 0.0)),
    )


def f0_thirds(reading: Reading, style: Style) -> tuple[Floats, Floats]:
    """F0 at the thirds of each phone in the speaker's deviations, ``[P, 3]``, and its weight (share voiced)."""
    relative = np.clip((reading.log_f0 - style.f0_mean) / style.f0_deviation, -3.5, 3.5)
    index = reading.frame_phone
    start = np.cumsum(reading.frames) - reading.frames
    third = np.minimum(
        (3 * (np.arange(len(index)) - start[index] + 0.5) / np.maximum(reading.frames[index], 1)).astype(np.int64), 2
    )
    cell = 3 * index + third
    cells = 3 * len(reading.frames)
    count = np.bincount(cell, minlength=cells)
    total = np.bincount(cell, relative, cells)
    voiced = np.bincount(cell, reading.voiced.astype(np.float64), cells)
    filled = count > 0
    positions = np.arange(cells)
    values = np.interp(positions, positions[filled], total[filled] / count[filled])
    weight = np.where(filled, voiced / np.maximum(count, 1), 0.0)
    return values.reshape(-1, 3).astype(np.float32), weight.reshape(-1, 3).astype(np.float32)
