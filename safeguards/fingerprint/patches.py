"""From sound to patches of log-mel energy: what the projection sees.

A patch is 0.64 s of 32 mel bands (200-4000 Hz, inside every telephone channel) at 40 ms. Each frame's mean over the bands is taken
away: speech that sets in after a pause looks like any other in level, not in spectrum. Each band's mean over the patch is taken away,
which removes any slow filter, and the patch is scaled to unit deviation. The deviation is kept as the patch's contrast: speech has
much, a pause has little and is hardly counted.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
BANDS = 32
LOW_HZ, HIGH_HZ = 200.0, 4000.0
WINDOW, HOP = 512, 160
FRAME_S = 2 * HOP / RATE  # 20 ms after averaging pairs
PATCH_FRAMES = 32
PATCH_S = PATCH_FRAMES * FRAME_S
SIZE = PATCH_FRAMES // 2 * BANDS
_FLOOR_DB = 40.0  # below the loudest cells: what lies deeper is lost in the first noise anyway
_LOUDEST = 0.995  # quantile of the cells
_LEAST_DEVIATION = 0.2  # nats; added to the deviation, so that a pause does not become a pattern

Floats = NDArray[np.float64]


def _mel_bank() -> Floats:
    def mel(hz: float) -> float:
        return 2595.0 * math.log10(1.0 + hz / 700.0)

    edges = 700.0 * (10.0 ** (np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2) / 2595.0) - 1.0)
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    bank = np.clip(np.minimum(rising, falling), 0.0, None)
    return np.asarray(bank / bank.sum(axis=0))


_BANK = _mel_bank()
_HANN = np.hanning(WINDOW)


def log_mel(samples: NDArray[np.floating]) -> Floats:
    """Natural logarithms of energies less their mean over the bands, shape ``[frames, BANDS]``, one frame each 20 ms.

    Args:
        samples: mono at ``RATE``, shape ``[time]``, at least one window long.
    """
    padded = np.pad(np.asarray(samples, dtype=np.float64), WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * _HANN
    power = np.abs(np.fft.rfft(frames)) ** 2 @ _BANK
    levels = np.log(power + np.quantile(power, _LOUDEST) * 10 ** (-_FLOOR_DB / 10) + 1e-12)
    even = levels[: len(levels) // 2 * 2]
    paired = even.reshape(-1, 2, BANDS).mean(axis=1)
    return np.asarray(paired - paired.mean(axis=1, keepdims=True))


def cut(levels: Floats, centres_s: NDArray[np.floating]) -> tuple[NDArray[np.float32], Floats]:
    """Patches around the given times, shape ``[len(centres_s), SIZE]``, and their contrasts, shape ``[len(centres_s)]``.

    Beyond the ends of ``levels`` its first or last frame is repeated.
    """
    half = PATCH_FRAMES // 2
    padded = np.pad(levels, ((half, half), (0, 0)), mode="edge")
    starts = np.clip(np.round(centres_s / FRAME_S).astype(int), 0, len(levels) - 1)
    blocks = np.stack([padded[start : start + PATCH_FRAMES] for start in starts])
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    contrast = np.sqrt((blocks**2).mean(axis=(1, 2)))
    blocks = blocks / (contrast[:, None, None] + _LEAST_DEVIATION)
    coarse = blocks.reshape(len(starts), PATCH_FRAMES // 2, 2, BANDS).mean(axis=2)
    return coarse.reshape(len(starts), SIZE).astype(np.float32), np.asarray(contrast)
