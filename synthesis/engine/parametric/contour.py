"""From phones to the frame grid: durations and the F0 contour of one speaker in one mood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from synthesis.engine.parametric import smoothing
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.emotion import Mood
from synthesis.engine.parametric.style import Style
from synthesis.engine.parametric.track import PhoneTrack

Floats = NDArray[np.float32]

_LENGTH_LIMITS: Final = (2, 45)  # frames of 10 ms
_EDGE_SECONDS: Final = (0.06, 0.16)  # silence before and after
_PAUSE_SECONDS: Final = {"sentence": (0.28, 0.8), "clause": (0.09, 0.45), "none": (0.03, 0.2)}
# The network predicts medians, which vary less than speech does.
_F0_EXPANSION: Final = 1.2
_JITTER_DURATION: Final = 0.04
_JITTER_F0: Final = 0.12


@dataclass(frozen=True)
class Contour:
    """Durations in frames of 10 ms, ``[P]``, and log-F0, ``[T]``."""

    frames: NDArray[np.int64]
    log_f0: Floats


def draw(
    base: BaseModel,
    track: PhoneTrack,
    style: Style,
    mood: Mood,
    *,
    speed: float,
    semitones: float,
    seed: int,
) -> Contour:
    """Predict, then vary a little by ``seed``, as no two readings are the same."""
    rng = np.random.default_rng(seed)
    with torch.inference_mode():
        predicted = base.prosody(
            torch.from_numpy(track.phone)[None],
            torch.from_numpy(track.context)[None],
            torch.from_numpy(style.vector())[None],
            torch.ones(1, len(track.phone)),
        )[0].numpy()
    frames = _frames(base, track, style, mood, predicted[:, 0], speed, rng)
    return Contour(frames, _log_f0(track, frames, style, mood, predicted[:, 1:], semitones, rng))


def _frames(
    base: BaseModel,
    track: PhoneTrack,
    style: Style,
    mood: Mood,
    relative: Floats,
    speed: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    silent = track.silent
    logarithm = relative + base.usual_log_durations[track.phone] + _JITTER_DURATION * rng.standard_normal(len(silent))
    length = np.exp(logarithm + np.where(silent, 0.0, style.rate)) / (speed * mood.rate)
    length = np.where(silent, length, np.clip(length, *_LENGTH_LIMITS))
    for index in np.flatnonzero(silent).tolist():
        length[index] = 100 * _silence_seconds(track, index, length[index] / 100 * mood.pause, speed)
    # Rounding errors are carried along, so that the whole keeps its length.
    return np.maximum(np.diff(np.round(np.concatenate([[0.0], np.cumsum(length)]))), 1).astype(np.int64)


def _silence_seconds(track: PhoneTrack, index: int, predicted: float, speed: float) -> float:
    if not np.isnan(track.pause[index]):
        return max(float(track.pause[index]), 0.01)
    if index == 0:
        return _EDGE_SECONDS[0]
    if index == len(track.phone) - 1:
        return _EDGE_SECONDS[1] / speed
    question, exclamation, statement, clause = track.context[index, 15:19] > 0
    kind = "sentence" if question or exclamation or statement else "clause" if clause else "none"
    low, high = _PAUSE_SECONDS[kind]
    return float(np.clip(predicted, low, high) / np.sqrt(speed))


def _log_f0(
    track: PhoneTrack,
    frames: NDArray[np.int64],
    style: Style,
    mood: Mood,
    thirds: Floats,
    semitones: float,
    rng: np.random.Generator,
) -> Floats:
    walk = smoothing.gaussian(rng.standard_normal(len(frames)), 4.0)
    walk *= _JITTER_F0 / max(float(walk.std()), 1e-3)
    relative = _F0_EXPANSION * thirds + walk[:, None]
    start = np.cumsum(frames) - frames
    centres = start[:, None] + frames[:, None] * (np.arange(3) + 0.5)[None] / 3
    spoken = ~track.silent
    contour = np.interp(np.arange(frames.sum()), centres[spoken].ravel(), relative[spoken].ravel())
    contour = smoothing.gaussian(contour, 2.0)
    deviation = min(style.f0_deviation * mood.f0_range, 0.45)
    shift = (semitones + mood.semitones) * np.log(2) / 12
    return np.asarray(style.f0_mean + shift + deviation * np.clip(contour, -2.8, 2.8), dtype=np.float32)
