"""Simulated presentation attacks: speech played by a loudspeaker into a microphone, and speech cut together.

Used for training and for measuring; devices for measuring are kept out of training. A live capture (``live``) meets
the same rooms, microphones and noises, so that only the loudspeaker and the second recording tell the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import signal as dsp

from safeguards.detector.channels import RATE, add_noise, compressed, room, suppressed
from safeguards.detector.codecs import coded

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Loudspeaker:
    """A playback device.

    Attributes:
        name: class of device.
        low_hz, high_hz: ranges of the band edges.
        order: order of the high-pass.
        resonances: how many, within 300 Hz to 6 kHz, up to ``resonance_db``.
        drive: how hard the cone is driven into its soft limit; 0 is linear.
        codecs: names of codecs through one of which sound reaches the device.
    """

    name: str
    low_hz: tuple[float, float]
    high_hz: tuple[float, float]
    order: int
    resonances: int
    resonance_db: float
    drive: tuple[float, float]
    codecs: tuple[str, ...] = ()


LOUDSPEAKERS = (
    Loudspeaker("phone", (350.0, 800.0), (6500.0, 7800.0), 4, 4, 9.0, (0.6, 2.5)),
    Loudspeaker("laptop", (180.0, 400.0), (7000.0, 7900.0), 4, 4, 7.0, (0.3, 1.5)),
    Loudspeaker("bluetooth", (80.0, 180.0), (7200.0, 7900.0), 4, 3, 5.0, (0.2, 1.0), ("sbc", "sbc_44k")),
    Loudspeaker("tablet", (250.0, 550.0), (6500.0, 7800.0), 4, 3, 8.0, (0.4, 2.0)),
    Loudspeaker("smart speaker", (55.0, 130.0), (6800.0, 7900.0), 4, 3, 6.0, (0.1, 0.9), ("aac_44k", "mp3_44k")),
    Loudspeaker("television", (90.0, 260.0), (7000.0, 7950.0), 2, 5, 7.0, (0.1, 1.2), ("ac3", "aac_44k")),
    Loudspeaker("headphones", (25.0, 150.0), (5000.0, 7900.0), 2, 5, 9.0, (0.0, 0.3)),
    Loudspeaker("hifi", (35.0, 60.0), (7700.0, 7950.0), 2, 1, 2.0, (0.0, 0.1)),
)


def live(samples: Samples, rng: np.random.Generator) -> Samples:
    """A person at the microphone of a phone or computer."""
    near = room(samples, rng, rt60=float(rng.uniform(0.1, 0.6)), direct=float(rng.uniform(0.02, 0.25)))
    return _processed(_microphone(near, rng), rng)


def replay(samples: Samples, device: Loudspeaker, rng: np.random.Generator) -> Samples:
    """The same speech recorded before, played by ``device`` and recorded again."""
    first = room(samples, rng, rt60=float(rng.uniform(0.1, 0.5)), direct=float(rng.uniform(0.02, 0.2)))
    first = add_noise(first, float(rng.uniform(25.0, 45.0)), rng)
    if device.codecs:
        first = coded(first, device.codecs[int(rng.integers(len(device.codecs)))], rng)
    played = _loudspeaker(first, device, rng)
    second = room(played, rng, rt60=float(rng.uniform(0.15, 0.7)), direct=float(rng.uniform(0.05, 0.4)))
    return _processed(_microphone(second, rng), rng)


def captured(samples: Samples, rng: np.random.Generator) -> Samples:
    """A microphone's own rate and the change from it to 16 kHz, whose filter takes the top of the band; one time in four nothing.

    Browsers record at 44.1 or 48 kHz, whoever or whatever speaks: what lies above 6.8 kHz must not tell people from loudspeakers.
    """
    way = rng.random()
    if way < 0.25:
        return samples
    if way < 0.65:
        rate, quality = int(rng.choice(_RATES)), str(rng.choice(_QUALITIES))
        out = soxr.resample(soxr.resample(samples, RATE, rate, quality=quality), rate, RATE, quality=quality)
    else:
        taps, beta = 2 * int(rng.integers(8, 128)) + 1, float(rng.uniform(3.0, 12.0))
        low_pass = dsp.firwin(taps, float(rng.uniform(6800.0, 7950.0)), window=("kaiser", beta), fs=RATE)
        out = dsp.fftconvolve(samples, low_pass, mode="same")
    fitted = np.zeros(len(samples), dtype=np.float32)
    fitted[: len(out)] = out[: len(samples)]
    return fitted


_RATES = (22_050, 32_000, 44_100, 48_000)
_QUALITIES = ("LQ", "MQ", "HQ", "VHQ")
SPLICES = ("silence between", "noise between", "no gap", "crossfaded")


def splice(pieces: Sequence[Samples], rng: np.random.Generator, kind: str | None = None) -> Samples:
    """Words cut out and put in a row, with short fades and uneven levels; crossfaded ones overlap by the fade, so that none falls silent.

    Args:
        pieces: the words.
        rng: decides fades, gaps and levels.
        kind: one of :data:`SPLICES`; drawn if None.
    """
    fade = int(rng.uniform(0.002, 0.02) * RATE)
    chosen = SPLICES.index(kind) if kind is not None else int(rng.integers(0, len(SPLICES)))
    out: list[Samples] = []
    for piece in pieces:
        shaped = piece.astype(np.float32) * np.float32(10.0 ** (rng.uniform(-2.0, 2.0) / 20.0))
        ramp = np.linspace(0.0, 1.0, min(fade, len(shaped) // 2), dtype=np.float32)
        shaped[: len(ramp)] *= ramp
        shaped[len(shaped) - len(ramp) :] *= ramp[::-1]
        gap = int(rng.uniform(0.05, 0.4) * RATE)
        quiet = np.zeros(gap, dtype=np.float32)
        if chosen == 1:
            level = 10.0 ** (rng.uniform(-70.0, -45.0) / 20.0)
            quiet = (level * rng.standard_normal(gap)).astype(np.float32)
        if chosen == SPLICES.index("crossfaded") and out:
            over = min(fade, len(out[-1]), len(shaped))
            shaped[:over] += out[-1][len(out[-1]) - over :]
            out[-1] = out[-1][: len(out[-1]) - over]
        out += [shaped, quiet] if chosen < SPLICES.index("no gap") else [shaped]
    return np.concatenate(out)


def cut_into_words(samples: Samples, rng: np.random.Generator) -> list[Samples]:
    """Pieces of 0.3 to 0.8 s, cut where the sound is quietest, as one would cut words: what :func:`splice` puts together."""
    power = np.convolve(samples.astype(np.float64) ** 2, np.ones(320) / 320, mode="same")
    pieces, start = [], 0
    while start + int(0.8 * RATE) < len(samples):
        low, high = start + int(0.3 * RATE), start + int(0.8 * RATE)
        cut = low + int(power[low:high].argmin())
        pieces.append(samples[start:cut])
        start = cut
    return [pieces[int(place)] for place in rng.permutation(len(pieces))]


def _processed(samples: Samples, rng: np.random.Generator) -> Samples:
    """What a phone or a browser does to a recording, now and then: noise suppression, automatic gain."""
    out = suppressed(samples, rng) if rng.random() < 0.25 else samples
    return compressed(out, rng) if rng.random() < 0.25 else out


def _loudspeaker(samples: Samples, device: Loudspeaker, rng: np.random.Generator) -> Samples:
    peak = max(float(np.abs(samples).max()), 1e-6)
    drive = float(rng.uniform(*device.drive))
    driven = samples / peak
    if drive > 0.0:
        bias = float(rng.uniform(0.0, 0.1))  # a cone is not symmetric: even harmonics
        driven = (np.tanh(drive * (driven + bias)) - np.tanh(drive * bias)) / np.tanh(drive)
    low, high = float(rng.uniform(*device.low_hz)), float(rng.uniform(*device.high_hz))
    out = dsp.sosfilt(dsp.butter(device.order, low, "highpass", fs=RATE, output="sos"), driven)
    out = dsp.sosfilt(dsp.butter(4, high, "lowpass", fs=RATE, output="sos"), out)
    for _ in range(device.resonances):
        out = _peaking(out, float(rng.uniform(300.0, 6000.0)), float(rng.uniform(-1.0, 1.0)) * device.resonance_db, 3.0)
    return np.asarray(out * peak, dtype=np.float32)


def _peaking(samples: NDArray[np.float64], hertz: float, gain_db: float, quality: float) -> NDArray[np.float64]:
    """Peaking equaliser (Bristow-Johnson's cookbook)."""
    amplitude = 10.0 ** (gain_db / 40.0)
    angle = 2.0 * np.pi * hertz / RATE
    alpha = np.sin(angle) / (2.0 * quality)
    b = np.array([1.0 + alpha * amplitude, -2.0 * np.cos(angle), 1.0 - alpha * amplitude])
    a = np.array([1.0 + alpha / amplitude, -2.0 * np.cos(angle), 1.0 - alpha / amplitude])
    filtered: NDArray[np.float64] = dsp.lfilter(b / a[0], a / a[0], samples)
    return filtered


def _microphone(samples: Samples, rng: np.random.Generator) -> Samples:
    """High-pass, a broad tilt, and room noise of the place."""
    out = dsp.sosfilt(dsp.butter(2, float(rng.uniform(40.0, 130.0)), "highpass", fs=RATE, output="sos"), samples)
    out = _peaking(out, float(rng.uniform(1500.0, 6000.0)), float(rng.uniform(-4.0, 4.0)), 0.7)
    return add_noise(out.astype(np.float32), float(rng.uniform(18.0, 45.0)), rng)
