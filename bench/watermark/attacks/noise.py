"""Added noise, music and babble."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.watermark.attacks.types import RATE, Array, Attack, Rng, f32, rms


def at_snr(x: Array, noise: Array, snr_db: float) -> Array:
    """``x`` plus ``noise`` scaled to ``snr_db``."""
    return f32(x + noise * (rms(x) / rms(noise) * 10 ** (-snr_db / 20)))


def white(snr_db: float) -> Attack:
    """White Gaussian noise."""
    return lambda x, rng: at_snr(x, f32(rng.standard_normal(len(x))), snr_db)


def pink(snr_db: float) -> Attack:
    """Noise of 1/f power."""

    def attack(x: Array, rng: Rng) -> Array:
        spectrum = np.fft.rfft(rng.standard_normal(len(x)))
        shaped = spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
        return at_snr(x, f32(np.fft.irfft(shaped, len(x))), snr_db)

    return attack


def music(snr_db: float) -> Attack:
    """Synthetic music: chords of decaying harmonics over a beat of noise bursts."""

    def attack(x: Array, rng: Rng) -> Array:
        out = np.zeros(len(x) + RATE)
        t = np.arange(RATE // 2) / RATE
        for start in range(0, len(x), RATE // 2):
            root = 110 * 2 ** (rng.choice([0, 3, 5, 7, 8, 10]) / 12)
            for interval in (0, 4 if rng.random() < 0.5 else 3, 7, 12):
                f0 = root * 2 ** (interval / 12)
                tone = sum(
                    np.sin(2 * np.pi * f0 * h * t + rng.uniform(0, 6)) / h**1.2 for h in range(1, 13) if f0 * h < 7000
                )
                out[start : start + len(t)] += tone * np.exp(-2.5 * t)
            beat = rng.standard_normal(RATE // 10) * np.exp(-np.arange(RATE // 10) / 400)
            out[start : start + len(beat)] += 1.5 * beat
        return at_snr(x, f32(out[: len(x)]), snr_db)

    return attack


def babble(snr_db: float, voices: Sequence[Array]) -> Attack:
    """Four other talkers at once."""

    def attack(x: Array, rng: Rng) -> Array:
        total = np.zeros(len(x), dtype=np.float32)
        for i in rng.permutation(len(voices))[:4]:
            voice = voices[i]
            turned = np.roll(voice, int(rng.integers(len(voice))))
            total += np.resize(turned, len(x)) / rms(voice)
        return at_snr(x, total, snr_db)

    return attack


def noises(voices: Sequence[Array]) -> dict[str, Attack]:
    """The noise attacks; ``voices`` are for the babble."""
    return {
        "white_30db": white(30),
        "white_20db": white(20),
        "white_10db": white(10),
        "pink_20db": pink(20),
        "music_10db": music(10),
        "babble_10db": babble(10, voices),
    }
