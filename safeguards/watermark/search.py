"""Finding where in the keyed sequence a sound lies, and how its pitch and tempo were changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len, rfft

from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import SEQUENCE_FRAMES, SLOT_WEIGHTS, Array, Index
from safeguards.watermark.pattern import sought

REACH: Final = 0.12
"""Largest change of pitch or tempo searched."""
PITCH_STEP: Final = 0.015
_STRIDE: Final = 2
_SHIFTS: Final = np.arange(-3, 4)


@dataclass(frozen=True, slots=True)
class Alignment:
    """One hypothesis: spectra scaled by ``pitch``; frame ``t`` of ``n`` lies at sequence frame ``phase + (t - n // 2) * tempo``.

    ``log10_cost`` is the decimal logarithm of the hypotheses in its family over the family's share of the error budget.
    """

    pitch: float
    tempo: float
    phase: int
    log10_cost: float


@cache
def pitches() -> tuple[float, ...]:
    """Pitch factors searched."""
    n = round(REACH / PITCH_STEP)
    return tuple(round(1 + i * PITCH_STEP, 4) for i in range(-n, n + 1))


@cache
def _tempo_steps(frames: int) -> int:
    """Tempo factors each side of 1: neighbours drift apart by at most two frames at the ends of ``frames``."""
    return round(REACH / min(0.04, max(0.005, 4.0 / frames)))


def tempos(frames: int) -> tuple[float, ...]:
    """Tempo factors searched for a sound of ``frames``."""
    n = _tempo_steps(frames)
    return tuple(1 + i * REACH / n for i in range(-n, n + 1))


def positions(frames: int, tempo: float, phase: int) -> Index:
    """Sequence frame of every frame of a sound."""
    at = np.floor((np.arange(frames) - frames // 2) * tempo + 0.5).astype(np.int64)
    wrapped: Index = (at + phase) % SEQUENCE_FRAMES
    return wrapped


@lru_cache(maxsize=16)
def pilot_frames(key: WatermarkKey, payload: int | None = None) -> Array:
    """Pilots (with a payload, all cells) at frame rate with the slot weights, ``[SEQUENCE_FRAMES, BANDS]``."""
    pilots = sought(key, payload)
    return np.repeat(pilots, len(SLOT_WEIGHTS), axis=0) * np.tile(SLOT_WEIGHTS, len(pilots))[:, None]


def _transform(frames: int) -> int:
    """Coarse positions to transform: the sequence at the slowest tempo and a window of ``frames`` fit without wrapping."""
    return int(next_fast_len(int(SEQUENCE_FRAMES / (1 - REACH)) // _STRIDE + 2 + frames // _STRIDE, real=True))


@lru_cache(maxsize=2)
def _pilot_spectra(key: WatermarkKey, payload: int | None, steps: int, size: int) -> NDArray[np.complex64]:
    """Spectra of the pilots played at each tempo, over ``size`` coarse positions, ``[size / 2 + 1, tempos, BANDS]``."""
    frames = pilot_frames(key, payload)
    spectra = []
    for i in range(-steps, steps + 1):
        at = np.floor(np.arange(size) * _STRIDE * (1 + i * REACH / steps) + 0.5).astype(np.int64)
        played = frames[at % SEQUENCE_FRAMES] + frames[(at + 1) % SEQUENCE_FRAMES]
        spectra.append(rfft(played, axis=0).astype(np.complex64))
    return np.ascontiguousarray(np.stack(spectra, axis=1))


@dataclass(frozen=True, eq=False)
class Hearing:
    """A sound made ready for the coarse search under any key: its spectra ``[size / 2 + 1, BANDS, pitches]``."""

    spectra: NDArray[np.complex64]
    frames: int
    grid: NDArray[np.float64]
    cost: NDArray[np.float64]


def hear(maps: Array) -> Hearing:
    """Make score maps at all pitches ``[pitches, BANDS, frames]`` ready for :func:`coarse`, on a 20 ms grid."""
    frames = maps.shape[2] // _STRIDE * _STRIDE
    pairs = maps[:, :, :frames:_STRIDE] + maps[:, :, 1:frames:_STRIDE]
    spectra = np.conj(rfft(pairs, _transform(frames), axis=2)).transpose(2, 1, 0)
    grid = np.array(tempos(maps.shape[2]))
    return Hearing(np.ascontiguousarray(spectra, dtype=np.complex64), frames, grid, _log10_costs(grid))


def together(hearings: list[Hearing]) -> Hearing:
    """Sounds of one length as one, for :func:`coarse_each`."""
    spectra = np.concatenate([each.spectra for each in hearings], axis=2)
    return Hearing(spectra, hearings[0].frames, hearings[0].grid, hearings[0].cost)


def coarse_each(hearing: Hearing, key: WatermarkKey, best: int) -> list[list[Alignment]]:
    """As :func:`coarse`, for each of the sounds put together."""
    pilots = _pilot_spectra(key, None, len(hearing.grid) // 2, _transform(hearing.frames))
    product = np.matmul(pilots, hearing.spectra)
    width = len(pitches())
    return [
        _best_of(product[:, :, at : at + width], hearing.grid, hearing.cost, hearing.frames, best)
        for at in range(0, product.shape[2], width)
    ]


def coarse(hearing: Hearing, key: WatermarkKey, best: int, payload: int | None = None) -> list[Alignment]:
    """The ``best`` most likely alignments by correlation with the pilots, or with all cells of a given payload."""
    pilots = _pilot_spectra(key, payload, len(hearing.grid) // 2, _transform(hearing.frames))
    return _best_of(np.matmul(pilots, hearing.spectra), hearing.grid, hearing.cost, hearing.frames, best)


def _best_of(
    product: NDArray[np.complex64], grid: NDArray[np.float64], cost: NDArray[np.float64], frames: int, best: int
) -> list[Alignment]:
    """Pick from cross-spectra ``[bins, tempos, pitches]`` the lag of each tempo and pitch, and of these the most telling."""
    lagged = np.fft.irfft(product.transpose(1, 2, 0), _transform(frames), axis=2)
    lag = np.empty(lagged.shape[:2], dtype=np.int64)
    z = np.empty(lagged.shape[:2])
    for i, tempo in enumerate(grid):
        valid = lagged[i, :, : int(np.ceil(SEQUENCE_FRAMES / _STRIDE / tempo))]
        lag[i] = valid.argmax(axis=1)
        spread = np.sqrt(np.einsum("ij,ij->i", valid, valid) / valid.shape[1])
        z[i] = valid[np.arange(len(valid)), lag[i]] / (spread + 1e-9)
    # The Gaussian tail's exponent is enough to rank by.
    rank = cost - z**2 / (2 * np.log(10))
    order = np.argsort(rank, axis=None)[:best]
    found = []
    for i, j in zip(*np.unravel_index(order, rank.shape), strict=True):
        phase = int(np.floor((lag[i, j] * _STRIDE + (frames // _STRIDE // 2) * _STRIDE) * grid[i] + 0.5))
        found.append(Alignment(pitches()[j], float(grid[i]), phase % SEQUENCE_FRAMES, float(cost[i, j])))
    return found


def _log10_costs(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cost of every tempo and pitch, ``[tempos, pitches]``; see :class:`Alignment`.

    Half of the budget goes to sound at its own pitch and tempo, a tenth each to changes of pitch alone, of tempo alone and of
    speed (both alike), a fifth to the rest.
    """
    pitch = np.array(pitches())
    same_pitch = np.abs(pitch - 1)[None] < 1e-6
    same_tempo = np.abs(grid - 1)[:, None] < 1e-6
    step = max(PITCH_STEP, float(grid[1] - grid[0]))
    speed = np.abs(pitch[None] - grid[:, None]) <= step / 2 + 1e-9
    share = np.full(speed.shape, 0.2 / speed.size)
    share[speed] = 0.1 / speed.sum()
    share[np.broadcast_to(same_tempo, share.shape)] = 0.1 / len(pitch)
    share[np.broadcast_to(same_pitch, share.shape)] = 0.1 / len(grid)
    share[same_pitch & same_tempo] = 0.5
    cost: NDArray[np.float64] = np.log10(SEQUENCE_FRAMES / share)
    return cost


def refine(scores: Array, start: Alignment, key: WatermarkKey, payload: int | None = None) -> Alignment:
    """Best of the exact alignments around a coarse one: every frame of phase and thirds of the tempo step."""
    pilots = pilot_frames(key, payload)
    frames = scores.shape[1]
    step = REACH / _tempo_steps(frames)
    turned = np.ascontiguousarray(scores.T).reshape(-1)
    best = start
    top = -np.inf
    for tempo in (start.tempo - step / 3, start.tempo, start.tempo + step / 3):
        at = (positions(frames, tempo, start.phase)[None] + _SHIFTS[:, None]) % SEQUENCE_FRAMES
        values = pilots[at].reshape(len(_SHIFTS), -1) @ turned
        shift = int(values.argmax())
        if values[shift] > top:
            top = float(values[shift])
            phase = (start.phase + int(_SHIFTS[shift])) % SEQUENCE_FRAMES
            best = Alignment(start.pitch, tempo, phase, start.log10_cost)
    return best
