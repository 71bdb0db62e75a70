"""What happens to speech on its way: noise, telephones, rooms, codecs. Deterministic for a given generator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import signal as dsp

from safeguards.detector.codecs import BAND, LINES, TRAINING, coded

RATE = 16_000
Samples = NDArray[np.float32]
# What the verdict's band is set on: codecs that training never met, and ways that only resemble those it met.
BAND_CHANNELS = (*BAND, "far room", "journey", "two telephones")


def pink(length: int, rng: np.random.Generator) -> Samples:
    """Noise of equal power per octave above 30 Hz, unit variance."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hertz = np.fft.rfftfreq(length, 1.0 / RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hertz, 30.0)), length)
    return np.asarray(noise / noise.std(), dtype=np.float32)


def add_noise(samples: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    """Pink noise at an SNR relative to the mean power of the whole recording."""
    power = float(np.mean(samples.astype(np.float64) ** 2))
    noise = pink(len(samples), rng) * np.sqrt(power * 10.0 ** (-snr_db / 10.0))
    return np.asarray(samples + noise, dtype=np.float32)


def telephone(samples: Samples) -> Samples:
    """300-3400 Hz at 8 kHz with 8-bit mu-law (ITU-T G.711), back at 16 kHz."""
    band = dsp.butter(4, [300.0, 3400.0], "bandpass", fs=RATE, output="sos")
    narrow = dsp.resample_poly(dsp.sosfilt(band, samples), 1, 2)
    level = np.clip(narrow / max(float(np.abs(narrow).max()), 1e-6) * 0.8, -1.0, 1.0)
    coded = np.sign(level) * np.log1p(255.0 * np.abs(level)) / np.log(256.0)
    coded = np.round(coded * 127.0) / 127.0
    decoded = np.sign(coded) * (256.0 ** np.abs(coded) - 1.0) / 255.0
    return np.asarray(dsp.resample_poly(decoded, 2, 1)[: len(samples)], dtype=np.float32)


def room(samples: Samples, rng: np.random.Generator, rt60: float | None = None, direct: float | None = None) -> Samples:
    """A room's echo: exponentially decaying noise after the direct sound (Polack's model)."""
    decay = rt60 if rt60 is not None else float(rng.uniform(0.15, 0.6))
    level = direct if direct is not None else float(rng.uniform(0.05, 0.3))
    length = int(decay * RATE)
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    tail[: int(0.002 * RATE)] = 0.0
    impulse = level * tail / np.sqrt(np.sum(tail**2) + 1e-12)
    impulse[0] = 1.0
    return np.asarray(dsp.fftconvolve(samples, impulse)[: len(samples)], dtype=np.float32)


def narrowed(samples: Samples, rng: np.random.Generator) -> Samples:
    """A random low-pass at 3.4 to 7.6 kHz and high-pass at 40 to 250 Hz."""
    top, bottom = float(rng.uniform(3400.0, 7600.0)), float(rng.uniform(40.0, 250.0))
    filters = np.vstack(
        [
            dsp.butter(int(rng.integers(4, 9)), top, "lowpass", fs=RATE, output="sos"),
            dsp.butter(2, bottom, "highpass", fs=RATE, output="sos"),
        ]
    )
    return np.asarray(dsp.sosfilt(filters, samples), dtype=np.float32)


def coloured(samples: Samples, rng: np.random.Generator) -> Samples:
    """A smooth random equaliser of up to 8 dB either way."""
    knots = np.linspace(0.0, 1.0, int(rng.integers(4, 9)))
    gains = 10.0 ** (rng.uniform(-8.0, 8.0, len(knots)) / 20.0)
    return np.asarray(dsp.fftconvolve(samples, dsp.firwin2(129, knots, gains), mode="same"), dtype=np.float32)


def suppressed(samples: Samples, rng: np.random.Generator) -> Samples:
    """A noise suppressor as telephones have one: each band is turned down where it comes near its own floor."""
    most, over = 10.0 ** (-float(rng.uniform(6.0, 18.0)) / 20.0), float(rng.uniform(1.0, 2.5))
    _, _, spectrum = dsp.stft(samples, RATE, nperseg=320, noverlap=160)
    power = np.abs(spectrum) ** 2
    floor = np.quantile(power, 0.15, axis=1, keepdims=True) * 2.0 + 1e-12
    smooth = dsp.lfilter([0.4], [1.0, -0.6], power, axis=1)
    gain = np.maximum(1.0 - over * floor / np.maximum(smooth, 1e-12), most)
    _, out = dsp.istft(spectrum * gain, RATE, nperseg=320, noverlap=160)
    return np.asarray(np.pad(out, (0, max(0, len(samples) - len(out))))[: len(samples)], dtype=np.float32)


def compressed(samples: Samples, rng: np.random.Generator) -> Samples:
    """Automatic gain: loudness moves by the square to fourth root, within 15 ms up and 150 ms down; now and then a soft limit."""
    level = np.sqrt(dsp.lfilter([0.005], [1.0, -0.995], samples.astype(np.float64) ** 2) + 1e-8)
    ratio = float(rng.uniform(0.2, 0.6))
    out = samples / level**ratio
    out = out / max(float(np.abs(out).max()), 1e-6)
    if rng.random() < 0.5:
        out = np.tanh(out * float(rng.uniform(1.0, 2.5)))
    return np.asarray(out * max(float(np.abs(samples).max()), 1e-4), dtype=np.float32)


def _captured(
    samples: Samples,
    rng: np.random.Generator,
    *,
    room_share: float,
    noise_share: float,
    least_snr_db: float,
    colour_share: float,
) -> Samples:
    """What happens before any line: perhaps a room, noise of up to 35 dB SNR, an equaliser, a phone's suppressor and automatic gain."""
    out = samples
    if rng.random() < room_share:
        out = room(out, rng)
    if rng.random() < noise_share:
        out = add_noise(out, float(rng.uniform(least_snr_db, 35.0)), rng)
    if rng.random() < colour_share:
        out = coloured(out, rng)
    if rng.random() < 0.25:
        out = suppressed(out, rng)
    if rng.random() < 0.25:
        out = compressed(out, rng)
    return out


def journey(samples: Samples, rng: np.random.Generator, codecs: Sequence[str] = TRAINING) -> Samples:
    """A random way for sound to travel: perhaps a room, noise, an equaliser, a phone's processing, a narrower band, and a codec.

    Args:
        samples: mono 16 kHz ``[time]``.
        rng: decides everything.
        codecs: names of :data:`safeguards.detector.codecs.CODECS` of which one is passed, every second time.
    """
    out = _captured(samples, rng, room_share=0.3, noise_share=0.5, least_snr_db=8.0, colour_share=0.5)
    if rng.random() < 0.35:
        out = narrowed(out, rng)
    if rng.random() < 0.5:
        out = coded(out, codecs[int(rng.integers(len(codecs)))], rng)
    return out


def telephone_band(samples: Samples, rng: np.random.Generator) -> Samples:
    """What a telephone's microphone and line leave: from 150-350 Hz to 3.2-3.8 kHz, with slopes of second to fifth order."""
    edges = [float(rng.uniform(150.0, 350.0)), float(rng.uniform(3200.0, 3800.0))]
    band = dsp.butter(int(rng.integers(2, 6)), edges, "bandpass", fs=RATE, output="sos")
    return np.asarray(dsp.sosfilt(band, samples), dtype=np.float32)


def by_telephone(samples: Samples, rng: np.random.Generator) -> Samples:
    """A random telephone call: perhaps a room, noise and a phone's processing, then the line's band and one of its codecs.

    Args:
        samples: mono 16 kHz ``[time]``.
        rng: decides everything.
    """
    out = _captured(samples, rng, room_share=0.25, noise_share=0.4, least_snr_db=10.0, colour_share=0.3)
    if rng.random() < 0.35:
        return telephone(out)
    return coded(telephone_band(out, rng), LINES[int(rng.integers(len(LINES)))], rng)


def far_room(samples: Samples, rng: np.random.Generator) -> Samples:
    """Somebody away from the microphone: more echo than speech comes with in training, and noise of 5 to 20 dB SNR."""
    heard = room(samples, rng, float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.3, 0.8)))
    return coloured(add_noise(heard, float(rng.uniform(5.0, 20.0)), rng), rng)


def band_channel(samples: Samples, number: int, rng: np.random.Generator) -> Samples:
    """Sound over one of the channels that the verdict's band is set on, :data:`BAND_CHANNELS`.

    Args:
        samples: mono 16 kHz ``[time]``.
        number: which.
        rng: decides everything else.
    """
    name = BAND_CHANNELS[number]
    if name == "far room":
        return far_room(samples, rng)
    if name == "journey":
        return journey(samples, rng, BAND)
    if name == "two telephones":
        return coded(by_telephone(samples, rng), "g723", rng)
    return coded(samples, name, rng)
