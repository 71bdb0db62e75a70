"""Echo, reverberation, telephone and loudspeaker chains."""

from __future__ import annotations

import numpy as np
from scipy import signal

from bench.watermark.attacks.codecs import AMR, G711, sequence
from bench.watermark.attacks.filters import filtered
from bench.watermark.attacks.noise import pink, white
from bench.watermark.attacks.types import RATE, Array, Attack, Rng, f32


def echo(x: Array, _rng: Rng) -> Array:
    """One echo of 40 % after 120 ms."""
    out = x.copy()
    lag = int(0.12 * RATE)
    out[lag:] += 0.4 * x[:-lag]
    return out


def reverb(rt60: float, direct_db: float) -> Attack:
    """Exponentially decaying noise with six early reflections; ``direct_db`` is the direct-to-reverberant ratio."""

    def attack(x: Array, rng: Rng) -> Array:
        n = int(RATE * rt60 * 1.2)
        tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / (rt60 * RATE))
        tail[: int(0.002 * RATE)] = 0
        for _ in range(6):
            tail[int(rng.uniform(0.002, 0.03) * RATE)] += rng.choice([-1, 1]) * rng.uniform(2, 5)
        tail *= 10 ** (-direct_db / 20) / np.sqrt((tail**2).sum())
        tail[0] += 1
        return f32(signal.fftconvolve(x, tail)[: len(x)])

    return attack


def loudspeaker(x: Array, rng: Rng) -> Array:
    """A small loudspeaker: narrow band, gentle saturation."""
    narrow = filtered("bandpass", (200, 6500))(x, rng)
    peak = float(np.abs(narrow).max()) + 1e-9
    return f32(np.tanh(1.5 * narrow / peak) * peak / 1.5)


PHONE: Attack = sequence(filtered("bandpass", (300, 3400)), G711, AMR[12.2], white(30))
REPLAY: Attack = sequence(loudspeaker, reverb(0.3, 3.0), pink(25))

ROOMS: dict[str, Attack] = {
    "echo": echo,
    "reverb_0.3s": reverb(0.3, 5.0),
    "reverb_0.6s": reverb(0.6, 3.0),
    "phone_chain": PHONE,
    "replay_chain": REPLAY,
}
