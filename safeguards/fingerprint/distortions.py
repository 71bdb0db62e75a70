"""What happens to a clip on its way: used to train the projection and to measure it. Mono float64 at 16 kHz in and out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import numpy as np
import scipy.signal as signal
from numpy.typing import NDArray

from audiokit import Audio, read, resample, write

RATE = 16_000
Wave = NDArray[np.float64]
Distortion = Callable[[Wave, np.random.Generator], Wave]


def coded(x: Wave, rng: np.random.Generator, *, codec: Literal["mp3", "opus", "aac"]) -> Wave:
    """Through one of our delivery codecs."""
    del rng
    back = read(write(Audio.mono(np.clip(x, -1, 1), RATE), codec), max_seconds=120, max_bytes=2**25)
    return np.asarray(resample(back, RATE).to_mono(), dtype=np.float64)


def noisy(x: Wave, rng: np.random.Generator, *, snr_db: float, pink: bool = False) -> Wave:
    """White or pink noise."""
    noise = rng.standard_normal(len(x))
    if pink:
        spectrum = np.fft.rfft(noise)
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(x))
    gain = float(np.sqrt((x**2).mean() / (noise**2).mean())) * 10 ** (-snr_db / 20)
    return np.asarray(x + noise * gain)


def sped(x: Wave, rng: np.random.Generator, *, factor: float) -> Wave:
    """Played faster: pitch and tempo together."""
    del rng
    return np.asarray(signal.resample_poly(x, 100, round(100 * factor)))


def stretched(x: Wave, rng: np.random.Generator, *, factor: float) -> Wave:
    """Faster at the same pitch, by a phase vocoder."""
    del rng
    size, hop = 1024, 256
    spectrum = signal.stft(x, RATE, nperseg=size, noverlap=size - hop)[2]
    advance = 2 * np.pi * hop * np.arange(spectrum.shape[0]) / size
    phase = np.angle(spectrum[:, 0])
    frames = []
    for time in np.arange(0, spectrum.shape[1] - 1, factor):
        i, part = int(time), time - int(time)
        left, right = spectrum[:, i], spectrum[:, i + 1]
        frames.append(((1 - part) * np.abs(left) + part * np.abs(right)) * np.exp(1j * phase))
        turn = np.angle(right) - np.angle(left) - advance
        phase = phase + advance + turn - 2 * np.pi * np.round(turn / (2 * np.pi))
    return np.asarray(signal.istft(np.array(frames).T, RATE, nperseg=size, noverlap=size - hop)[1])


def pitched(x: Wave, rng: np.random.Generator, *, semitones: float) -> Wave:
    """Other pitch, same tempo."""
    factor = 2 ** (semitones / 12)
    return sped(stretched(x, rng, factor=1 / factor), rng, factor=factor)


def reverberant(x: Wave, rng: np.random.Generator, *, rt60_s: float) -> Wave:
    """A room: decaying noise behind the direct sound."""
    length = int(RATE * rt60_s)
    response = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    response *= 0.4 / np.sqrt((response**2).sum())
    response[0] = 1.0
    return np.asarray(signal.fftconvolve(x, response)[: len(x)])


def equalised(x: Wave, rng: np.random.Generator) -> Wave:
    """A random equaliser of ±9 dB."""
    taps = signal.firwin2(255, np.linspace(0, 1, 9), 10 ** (rng.uniform(-9, 9, 9) / 20))
    return np.asarray(signal.fftconvolve(x, taps, "same"))


def filtered(x: Wave, rng: np.random.Generator, *, band: tuple[float, float]) -> Wave:
    """Band-pass, fourth order."""
    del rng
    return np.asarray(signal.sosfilt(signal.butter(4, band, "band", fs=RATE, output="sos"), x))


def clipped(x: Wave, rng: np.random.Generator) -> Wave:
    """Clipped at a quarter of the peak."""
    del rng
    limit = 0.25 * np.abs(x).max()
    return np.clip(x, -limit, limit)


def telephone(x: Wave, rng: np.random.Generator) -> Wave:
    """Saturation, 300-3400 Hz, 20 dB noise."""
    return noisy(filtered(np.tanh(3 * x) / 3, rng, band=(300, 3400)), rng, snr_db=20)


def replayed(x: Wave, rng: np.random.Generator) -> Wave:
    """A small loudspeaker in a room."""
    return noisy(reverberant(filtered(x, rng, band=(200, 6000)), rng, rt60_s=0.4), rng, snr_db=20)


DISTORTIONS: Mapping[str, Distortion] = {
    "mp3": partial(coded, codec="mp3"),
    "opus": partial(coded, codec="opus"),
    "aac": partial(coded, codec="aac"),
    "white 20 dB": partial(noisy, snr_db=20.0),
    "white 10 dB": partial(noisy, snr_db=10.0),
    "pink 10 dB": partial(noisy, snr_db=10.0, pink=True),
    "equaliser": equalised,
    "300-3400 Hz": partial(filtered, band=(300.0, 3400.0)),
    "500-7000 Hz": partial(filtered, band=(500.0, 7000.0)),
    "room .3 s": partial(reverberant, rt60_s=0.3),
    "room .6 s": partial(reverberant, rt60_s=0.6),
    "telephone": telephone,
    "replay": replayed,
    "clipping": clipped,
    "speed +5 %": partial(sped, factor=1.05),
    "speed -5 %": partial(sped, factor=0.95),
    "speed +10 %": partial(sped, factor=1.10),
    "speed -10 %": partial(sped, factor=0.90),
    "tempo +10 %": partial(stretched, factor=1.10),
    "tempo -10 %": partial(stretched, factor=0.90),
    "pitch +1 st": partial(pitched, semitones=1.0),
    "pitch -1 st": partial(pitched, semitones=-1.0),
}
TIME_FACTOR: Mapping[str, float] = {
    "speed +5 %": 1.05,
    "speed -5 %": 0.95,
    "speed +10 %": 1.10,
    "speed -10 %": 0.90,
    "tempo +10 %": 1.10,
    "tempo -10 %": 0.90,
}
