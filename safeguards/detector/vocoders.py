"""Copy-synthesis: a recording taken apart and made again by a machine, so that only the machine differs.

Every function takes and returns mono 16 kHz ``[time]`` and a generator that picks its settings. Here are the systems
that keep or guess spectra; those that drive a filter are in ``excitation``, changes of speaker in ``conversion``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyworld
from scipy import signal as dsp

from safeguards.detector.spectra import RATE, Signal, analyse, griffin_lim, mel_bank, mel_inverse, synthesise

Vocoder = Callable[[Signal, np.random.Generator], Signal]

_SIZES = ((512, 128), (1024, 256), (512, 256), (1024, 128))


def world_plain(x: Signal, rng: np.random.Generator) -> Signal:
    """WORLD as it is (Morise et al. 2016), with frames of 5 or 10 ms."""
    return _rebuild(*world(x, float(rng.choice([5.0, 5.0, 10.0]))))


def world_coded(x: Signal, rng: np.random.Generator) -> Signal:
    """WORLD with the envelope coded in 24 to 60 numbers and aperiodicity by band, as acoustic models predict them."""
    f0, envelope, aperiodicity, period = world(x, 5.0)
    size = (envelope.shape[1] - 1) * 2
    numbers = int(rng.choice([24, 40, 60]))
    coded = pyworld.code_spectral_envelope(envelope, RATE, numbers)
    if rng.random() < 0.5:
        coded = dsp.savgol_filter(coded, 7, 2, axis=0)
    bands = pyworld.code_aperiodicity(aperiodicity, RATE)
    return _rebuild(
        f0,
        pyworld.decode_spectral_envelope(np.ascontiguousarray(coded), RATE, size),
        pyworld.decode_aperiodicity(bands, RATE, size),
        period,
    )


def world_parametric(x: Signal, rng: np.random.Generator) -> Signal:
    """WORLD with few cepstra smoothed in time and a smoothed pitch: the look of statistical parametric synthesis."""
    f0, envelope, aperiodicity, period = world(x, 5.0)
    voiced = f0 > 0.0
    places = np.arange(len(f0))
    pitch = (
        np.interp(places, places[voiced], np.log(f0[voiced])) if voiced.sum() > 5 else np.full(len(f0), np.log(120.0))
    )
    if len(pitch) > 15:
        pitch = dsp.savgol_filter(pitch, 15, 2)
    smooth = _few_cepstra(envelope, int(rng.choice([25, 35, 45, 60])), int(rng.choice([5, 7, 9, 11])))
    if rng.random() < 0.3:
        aperiodicity = np.repeat(aperiodicity.mean(axis=1, keepdims=True), aperiodicity.shape[1], axis=1)
    return _rebuild(np.where(voiced, np.exp(pitch), 0.0), smooth, np.clip(aperiodicity, 1e-3, 0.999), period)


def world_conversion(x: Signal, rng: np.random.Generator) -> Signal:
    """WORLD with another pitch and another vocal tract length: a simple voice conversion."""
    f0, envelope, aperiodicity, period = world(x, 5.0)
    bins = np.arange(envelope.shape[1])
    stretch = float(rng.choice([0.84, 0.9, 1.1, 1.18]))
    warped = np.stack([np.exp(np.interp(bins / stretch, bins, np.log(row))) for row in envelope])
    return _rebuild(f0 * float(rng.choice([0.6, 0.75, 1.3, 1.6])), warped, aperiodicity, period)


def mel_griffin_lim(x: Signal, rng: np.random.Generator) -> Signal:
    """Mel spectrogram of 40 to 128 bands, inverted by pseudo-inverse and Griffin-Lim."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    bands = int(rng.choice([40, 64, 80, 128]))
    magnitude = np.abs(analyse(x, size, hop)) @ mel_bank(bands, size).T @ mel_inverse(bands, size).T
    phase = np.exp(2j * np.pi * rng.random(magnitude.shape))
    return griffin_lim(np.maximum(magnitude, 1e-6), int(rng.choice([16, 32, 60])), phase, size, hop)


def mel_real_phases(x: Signal, rng: np.random.Generator) -> Signal:
    """A mel-smoothed spectrum with the recording's own phases, as a good neural vocoder may come near to."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    bands = int(rng.choice([40, 80, 100]))
    spectrum = analyse(x, size, hop)
    magnitude = np.abs(spectrum) @ mel_bank(bands, size).T @ mel_inverse(bands, size).T
    phase = spectrum / np.maximum(np.abs(spectrum), 1e-9)
    return griffin_lim(np.maximum(magnitude, 1e-6), int(rng.choice([1, 4])), phase, size, hop)


def phases_guessed(x: Signal, rng: np.random.Generator) -> Signal:
    """The full magnitude spectrum kept, phases from 1 to 40 rounds of Griffin-Lim, from random or zero phases."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    magnitude = np.abs(analyse(x, size, hop))
    turn = rng.random(magnitude.shape) if rng.random() < 0.6 else np.zeros(magnitude.shape)
    return griffin_lim(magnitude, int(rng.choice([1, 3, 10, 40])), np.exp(2j * np.pi * turn), size, hop)


def phases_blurred(x: Signal, rng: np.random.Generator) -> Signal:
    """True phases disturbed by noise that grows with frequency: what networks that predict spectra leave."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    spectrum = analyse(x, size, hop)
    growth = np.linspace(0.0, 1.0, spectrum.shape[1]) ** float(rng.uniform(0.5, 2.0))
    turn = rng.standard_normal(spectrum.shape) * growth * float(rng.uniform(0.6, 2.5))
    return synthesise(spectrum * np.exp(1j * turn), size, hop)


def upsampled(x: Signal, rng: np.random.Generator) -> Signal:
    """Images and a faint hum at the rates of a network that upsamples in steps (Pons et al. 2021), on a smoothed spectrum."""
    made = mel_real_phases(x, rng)
    factor = int(rng.choice([2, 4]))
    low = dsp.resample_poly(made, 1, factor)
    held = np.repeat(low, factor)[: len(made)] if rng.random() < 0.5 else _zeros_between(low, factor)[: len(made)]
    image = dsp.sosfilt(dsp.butter(4, RATE / 2 / factor, "highpass", fs=RATE, output="sos"), held)
    top = dsp.sosfilt(dsp.butter(6, RATE / 2 / factor, "lowpass", fs=RATE, output="sos"), made[: len(image)])
    rest = made[: len(image)] - top
    share = float(rng.uniform(0.1, 0.6))
    gain = np.sqrt(np.mean(rest**2) / max(float(np.mean(image**2)), 1e-12))
    hum = np.cos(2.0 * np.pi * RATE / float(rng.choice([64, 128, 256])) * np.arange(len(image)) / RATE)
    return np.asarray(
        top + (1.0 - share) * rest + share * gain * image + hum * x.std() * 10.0 ** rng.uniform(-3.5, -2.5)
    )


def time_stretch(x: Signal, rng: np.random.Generator) -> Signal:
    """Another tempo: interpolated magnitudes and guessed phases."""
    magnitude = np.abs(analyse(x))
    count = int(len(magnitude) * float(rng.choice([0.85, 0.92, 1.1, 1.2])))
    places = np.linspace(0.0, len(magnitude) - 1, count)
    low = np.minimum(places.astype(int), len(magnitude) - 2)
    share = (places - low)[:, None]
    stretched = magnitude[low] * (1.0 - share) + magnitude[low + 1] * share
    return griffin_lim(stretched, 30, np.exp(2j * np.pi * rng.random(stretched.shape)))


def world(x: Signal, period_ms: float) -> tuple[Signal, Signal, Signal, float]:
    """Pitch, envelope, aperiodicity and frame period of a recording."""
    coarse, times = pyworld.dio(x, RATE, frame_period=period_ms)
    f0 = pyworld.stonemask(x, coarse, times, RATE)
    return f0, pyworld.cheaptrick(x, f0, times, RATE), pyworld.d4c(x, f0, times, RATE), period_ms


def _rebuild(f0: Signal, envelope: Signal, aperiodicity: Signal, period_ms: float) -> Signal:
    made: Signal = pyworld.synthesize(
        f0, np.ascontiguousarray(envelope), np.ascontiguousarray(aperiodicity), RATE, period_ms
    )
    return made


def _zeros_between(x: Signal, factor: int) -> Signal:
    out = np.zeros(len(x) * factor)
    out[::factor] = x * factor
    return out


def _few_cepstra(envelope: Signal, order: int, width: int) -> Signal:
    cepstra = np.fft.irfft(np.log(envelope), axis=1)
    cepstra[:, order : cepstra.shape[1] - order + 1] = 0.0
    if len(cepstra) > width:
        cepstra = dsp.savgol_filter(cepstra, width, 1, axis=0)
    return np.asarray(np.exp(np.fft.rfft(cepstra, axis=1).real))
