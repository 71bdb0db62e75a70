"""What a cut leaves within milliseconds: every 10 ms, how far all bands fall at once, and how much they change.

A microphone never stops hearing its room. Where an editor fades one word out and the next one in, for a millisecond or two there is less
than the room's own noise in every band; within speech, bands fall between the voice's pulses, yet seldom together.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats, frames, hann
from safeguards.detector.features import HOP

JUNCTIONS = 8
_WINDOW, _STEP = 32, 16  # 2 ms windows each millisecond
_PER_FRAME = HOP // _STEP
_LINES = (1, 4, 8, 12, 16)  # of 500 Hz: bands of 0.5-2, 2-4, 4-6 and 6-8 kHz
_SMOOTH, _BESIDE = 8, 12  # milliseconds that the surroundings are averaged over, and how far away
_FLOOR = 0.1  # share of a recording that is taken for its background
_QUIET_DB = -75.0  # noise put under every recording, so that digital silence is the same everywhere
_LITTLE = 1e-9


def junctions(samples: Floats, count: int, seed: int = 0) -> Floats:
    """Traces of cuts in 16 kHz mono ``[time]``, ``[count, 8]`` in nepers, one row every 10 ms.

    The deepest fall within a frame of the band that falls least, below the recording's background, and below its surroundings; of the bands'
    mean and of each band below its surroundings; and the largest change of all bands across 20 ms.

    Args:
        samples: the sound.
        count: of frames.
        seed: of the noise put under it.
    """
    # Not at the top: it takes a fifth of a second, and whoever imports the checks for their types pays for none of it.
    from scipy.ndimage import uniform_filter1d

    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * 10.0 ** (_QUIET_DB / 20.0)
    scaled = (samples / max(level, 1e-5) + noise).astype(np.float32)
    needed = count * _PER_FRAME
    windows = frames(np.pad(scaled, (_WINDOW // 2, needed * _STEP + _WINDOW)), _WINDOW, _STEP)[:needed]
    lines = np.abs(np.fft.rfft(windows * hann(_WINDOW), axis=1)) ** 2
    power = np.stack([lines[:, low:high].sum(axis=1) for low, high in itertools.pairwise(_LINES)], axis=1) + _LITTLE
    logged = np.log(power)
    around = np.log(uniform_filter1d(power, _SMOOTH, axis=0, mode="nearest"))
    before, after = _shifted(around, -_BESIDE), _shifted(around, _BESIDE)
    fall = logged - np.minimum(before, after)
    below = logged - np.quantile(around, _FLOOR, axis=0)
    change = np.abs(after - before).mean(axis=1)
    least = np.stack([below.max(axis=1), fall.max(axis=1), fall.mean(axis=1), *fall.T, -change], axis=1)
    rows: Floats = least.reshape(count, _PER_FRAME, -1).min(axis=1).astype(np.float32)
    return rows


def _shifted(values: NDArray[np.floating], by: int) -> NDArray[np.floating]:
    places = np.clip(np.arange(len(values)) + by, 0, len(values) - 1)
    return values[places]
