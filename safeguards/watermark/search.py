"""Finding where in the keyed sequence a sound lies, and how its pitch and tempo were changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import SEQUENCE_FRAMES, SLOT_WEIGHTS, Array, Index
from safeguards.watermark.pattern import pattern_of

_COARSE_FRAMES: Final = 2
_COARSE_POSITIONS: Final = SEQUENCE_FRAMES // _COARSE_FRAMES
REACH: Final = 0.12
"""Largest change of pitch or tempo searched."""
PITCH_STEP: Final = 0.015
_PER_TEMPO: Final = 3


@dataclass(frozen=True, slots=True)
class Alignment:
    """One hypothesis: spectra scaled by ``pitch``; frame ``t`` of ``n`` lies at sequence frame ``phase + (t - n/2) * tempo``."""

    pitch: float
    tempo: float
    phase: int
    score: float


def pitches() -> tuple[float, ...]:
    """Pitch factors searched."""
    n = round(REACH / PITCH_STEP)
    return tuple(round(1 + i * PITCH_STEP, 4) for i in range(-n, n + 1))


def tempos(frames: int) -> tuple[float, ...]:
    """Tempo factors searched for a sound of ``frames``: neighbours drift apart by at most two frames at its ends."""
    step = min(0.04, max(0.005, 4.0 / frames))
    n = round(REACH / step)
    return tuple(1 + i * REACH / n for i in range(-n, n + 1))


def positions(frames: int, tempo: float, phase: int) -> Index:
    """Sequence frame of every frame of a sound."""
    at = np.floor((np.arange(frames) - frames // 2) * tempo + 0.5).astype(np.int64)
    wrapped: Index = (at + phase) % SEQUENCE_FRAMES
    return wrapped


@lru_cache(maxsize=16)
def _pilot_spectrum(key: WatermarkKey) -> NDArray[np.complex64]:
    """Conjugate spectrum over coarse positions of the pilots, ``[positions / 2 + 1, BANDS]``."""
    shaped = pilot_frames(key)
    coarse = shaped.reshape(_COARSE_POSITIONS, _COARSE_FRAMES, -1).mean(axis=1)
    return np.conj(np.fft.rfft(coarse, axis=0)).T.astype(np.complex64)


@lru_cache(maxsize=16)
def pilot_frames(key: WatermarkKey) -> Array:
    """Pilots at frame rate with the slot weights, ``[SEQUENCE_FRAMES, BANDS]``."""
    pilots = pattern_of(key).pilots
    return np.repeat(pilots, len(SLOT_WEIGHTS), axis=0) * np.tile(SLOT_WEIGHTS, len(pilots))[:, None]


def coarse(scores: Array, pitch: float, key: WatermarkKey) -> list[Alignment]:
    """Best alignments of a score map ``[BANDS, frames]`` at ``pitch``, a few for each tempo, by pilot correlation alone.

    ``score`` is the correlation over the standard deviation it has for random signs.
    """
    frames = scores.shape[1]
    grid = tempos(frames)
    folded = np.zeros((len(grid), scores.shape[0], _COARSE_POSITIONS), dtype=np.float32)
    half = frames // 2
    for i, tempo in enumerate(grid):
        # Frame of the sound that falls on each coarse position, counted from the centre.
        low, high = int(-half * tempo) // _COARSE_FRAMES, int((frames - half) * tempo) // _COARSE_FRAMES
        places = np.arange(low, high)[:_COARSE_POSITIONS]
        source = np.floor(places * _COARSE_FRAMES / tempo + half + 0.5).astype(np.int64)
        pair = scores[:, np.clip(source, 0, frames - 1)] + scores[:, np.clip(source + 1, 0, frames - 1)]
        folded[i][:, places % _COARSE_POSITIONS] = pair
    spectrum = np.fft.rfft(folded, axis=2)
    product = np.einsum("tbf,bf->tf", spectrum, _pilot_spectrum(key))
    # Correlation at lag d: sum over p of folded[p + d] * pilots[p], so the sound's centre lies at sequence position -d.
    lagged = np.fft.irfft(product, _COARSE_POSITIONS, axis=1)
    spread = np.sqrt(np.mean(lagged**2, axis=1, keepdims=True)) + np.float32(1e-9)
    lagged /= spread
    found = []
    for i, tempo in enumerate(grid):
        best = np.argpartition(-lagged[i], _PER_TEMPO)[:_PER_TEMPO]
        found += [
            Alignment(pitch, tempo, int(-d * _COARSE_FRAMES) % SEQUENCE_FRAMES, float(lagged[i, d])) for d in best
        ]
    return found


def refine(scores: Array, start: Alignment, key: WatermarkKey) -> Alignment:
    """Best of the exact alignments around a coarse one: every frame of phase and thirds of the tempo step."""
    pilots = pilot_frames(key)
    frames = scores.shape[1]
    step = tempos(frames)[1] - tempos(frames)[0]
    turned = np.ascontiguousarray(scores.T)
    best = start
    top = -np.inf
    for tempo in (start.tempo - step / 3, start.tempo, start.tempo + step / 3):
        for shift in range(-3, 4):
            phase = (start.phase + shift) % SEQUENCE_FRAMES
            value = float(np.vdot(turned, pilots[positions(frames, tempo, phase)]))
            if value > top:
                top, best = value, Alignment(start.pitch, tempo, phase, start.score)
    return best
