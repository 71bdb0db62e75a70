"""Crops, cuts, splices, and changes of speed, tempo and pitch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.watermark.attacks.codecs import resampled
from bench.watermark.attacks.types import RATE, Array, Attack, Rng, f32, rms

CROPS_S = {f"crop_{s}s": float(s) for s in (1, 2, 3)}
"""The crops and what each keeps, in seconds."""


def crop(seconds: float) -> Attack:
    """Keep a random stretch of ``seconds``."""

    def attack(x: Array, rng: Rng) -> Array:
        n = int(seconds * RATE)
        start = int(rng.integers(0, max(1, len(x) - n)))
        return x[start : start + n]

    return attack


def speed(factor: float) -> Attack:
    """Play ``factor`` times as fast: pitch and tempo together."""
    return lambda x, _rng: resampled(x, round(RATE * factor), RATE)


def stretched(x: Array, factor: float) -> Array:
    """Tempo times ``factor`` at the same pitch: WSOLA (Verhelst and Roelands 1993), 30 ms frames, 8 ms search."""
    size, reach = int(0.030 * RATE), int(0.008 * RATE)
    hop = size // 2
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    padded = np.pad(x, (reach, size + 2 * reach + hop))
    count = int(len(x) / factor) // hop
    out = np.zeros(count * hop + size)
    at = reach
    for i in range(count):
        out[i * hop : i * hop + size] += window * padded[at : at + size]
        natural = padded[at + hop : at + hop + size]
        ideal = reach + int((i + 1) * hop * factor)
        region = padded[ideal - reach : ideal + reach + size]
        if len(region) < size + 2 * reach or len(natural) < size:
            break
        match = np.correlate(region, natural, "valid")
        energy = np.convolve(region**2, np.ones(size), "valid")
        at = ideal - reach + int(np.argmax(match / np.sqrt(energy + 1e-9)))
    return f32(out[: int(len(x) / factor)])


def tempo(factor: float) -> Attack:
    """Tempo alone."""
    return lambda x, _rng: stretched(x, factor)


def pitch(semitones: float) -> Attack:
    """Pitch alone: stretch, then resample."""
    factor = 2 ** (semitones / 12)
    return lambda x, _rng: resampled(stretched(x, 1 / factor), round(RATE * factor), RATE)


def without_silence(x: Array, _rng: Rng) -> Array:
    """Drop 20 ms frames more than 35 dB below the loudest."""
    n = len(x) // 320
    frames = x[: n * 320].reshape(n, 320)
    level = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    return f32(frames[level > level.max() - 35].reshape(-1))


def cuts(x: Array, rng: Rng) -> Array:
    """Take out five stretches of 100 ms."""
    piece = int(0.1 * RATE)
    keep = np.ones(len(x), dtype=np.bool_)
    for start in rng.integers(0, max(1, len(x) - piece), 5):
        keep[start : start + piece] = False
    return x[keep]


def half_spliced(voices: Sequence[Array]) -> Attack:
    """The second half is another, unmarked voice."""

    def attack(x: Array, rng: Rng) -> Array:
        other = np.resize(voices[int(rng.integers(len(voices)))], len(x) - len(x) // 2)
        return np.concatenate([x[: len(x) // 2], f32(other * rms(x) / rms(other))])

    return attack


def timings(voices: Sequence[Array]) -> dict[str, Attack]:
    """The timing attacks; ``voices`` are for splicing."""
    return {
        **{name: crop(seconds) for name, seconds in CROPS_S.items()},
        **{f"speed_{100 * (f - 1):+.0f}%": speed(f) for f in (0.90, 0.95, 0.99, 1.01, 1.05, 1.10)},
        **{f"tempo_{100 * (f - 1):+.0f}%": tempo(f) for f in (0.90, 0.95, 1.05, 1.10)},
        "pitch_-1st": pitch(-1),
        "pitch_+1st": pitch(1),
        "silence_removed": without_silence,
        "cuts_5x100ms": cuts,
        "half_spliced": half_spliced(voices),
    }
