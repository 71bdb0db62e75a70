"""More ways for a machine to make a recording again, heard in training only, so that what it never heard has nearer neighbours.

Every function takes and returns mono 16 kHz ``[time]`` and a generator that picks its settings, as in :mod:`safeguards.detector.vocoders`.
"""

from __future__ import annotations

import numpy as np
import pyworld
from scipy import signal as dsp

from safeguards.detector.excitation import lpc_residual
from safeguards.detector.spectra import RATE, Signal, analyse, griffin_lim, mel_bank, mel_inverse, synthesise
from safeguards.detector.vocoders import world

_SHORT = ((128, 32), (256, 64), (256, 128), (320, 80), (400, 100), (2048, 512))
_SIZES = ((512, 128), (1024, 256), (512, 256), (256, 64))


def short_griffin_lim(x: Signal, rng: np.random.Generator) -> Signal:
    """Griffin-Lim with windows shorter, or much longer, than a pitch period; magnitudes kept or seen by mel."""
    size, hop = _SHORT[int(rng.integers(len(_SHORT)))]
    magnitude = np.abs(analyse(x, size, hop))
    if size >= 256 and rng.random() < 0.4:
        bands = int(rng.choice([40, 64]))
        magnitude = np.maximum(magnitude @ mel_bank(bands, size).T @ mel_inverse(bands, size).T, 1e-6)
    turn = rng.random(magnitude.shape) * float(rng.choice([0.0, 1.0, 1.0]))
    return griffin_lim(magnitude, int(rng.choice([2, 5, 15, 30])), np.exp(2j * np.pi * turn), size, hop)


def minimum_phase(x: Signal, rng: np.random.Generator) -> Signal:
    """Every frame's magnitudes as one pulse of minimum phase, and perhaps a few rounds of Griffin-Lim."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    spectrum = analyse(x, size, hop)
    cepstra = np.fft.irfft(np.log(np.abs(spectrum) + 1e-6), axis=1)
    cepstra[:, 1 : size // 2] *= 2.0
    cepstra[:, size // 2 + 1 :] = 0.0
    middle = np.pi * np.arange(spectrum.shape[1])  # the pulse in the middle of the frame
    phase = np.fft.rfft(cepstra, axis=1).imag + middle
    return griffin_lim(np.abs(spectrum), int(rng.choice([0, 0, 1, 3])), np.exp(1j * phase), size, hop)


def phase_vocoder(x: Signal, rng: np.random.Generator) -> Signal:
    """Another pitch, or another tempo, by phases that each line carries on for itself (Flanagan and Golden 1966)."""
    size, hop = 1024, 256
    spectrum = analyse(x, size, hop)
    factor = float(rng.choice([0.8, 0.88, 0.94, 1.07, 1.14, 1.22]))
    places = np.arange(0.0, len(spectrum) - 1.001, 1.0 / factor)
    low = places.astype(int)
    share = (places - low)[:, None]
    magnitude = np.abs(spectrum[low]) * (1.0 - share) + np.abs(spectrum[low + 1]) * share
    expected = 2.0 * np.pi * hop * np.arange(spectrum.shape[1]) / size
    step = np.angle(spectrum[low + 1]) - np.angle(spectrum[low]) - expected
    step = expected + step - 2.0 * np.pi * np.round(step / (2.0 * np.pi))
    phase = np.angle(spectrum[0]) + np.vstack([np.zeros(spectrum.shape[1]), np.cumsum(step, axis=0)[:-1]])
    longer = synthesise(magnitude * np.exp(1j * phase), size, hop)
    if rng.random() < 0.7:
        return np.asarray(dsp.resample_poly(longer, 100, round(100 * factor)))
    return longer


def phase_drift(x: Signal, rng: np.random.Generator) -> Signal:
    """True phases that drift: each line walks at random from frame to frame, neighbours more or less together."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    spectrum = analyse(x, size, hop)
    steps = rng.standard_normal(spectrum.shape)
    width = int(rng.choice([1, 3, 9, 21]))
    if width > 1:
        steps = dsp.lfilter(np.ones(width) / np.sqrt(width), [1.0], steps, axis=1)
    growth = np.linspace(float(rng.uniform(0.0, 0.6)), 1.0, spectrum.shape[1])
    turn = dsp.lfilter(
        [1.0], [1.0, -float(rng.uniform(0.8, 0.99))], steps * growth * float(rng.uniform(0.2, 0.7)), axis=0
    )
    return synthesise(spectrum * np.exp(1j * turn), size, hop)


def phase_steps(x: Signal, rng: np.random.Generator) -> Signal:
    """Phases in two to six steps, as a coarse code would keep them, and perhaps a round of Griffin-Lim."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    spectrum = analyse(x, size, hop)
    levels = float(rng.choice([2.0, 3.0, 4.0, 6.0]))
    step = 2.0 * np.pi / levels
    phase = np.round(np.angle(spectrum) / step) * step
    return griffin_lim(np.abs(spectrum), int(rng.choice([0, 0, 1])), np.exp(1j * phase), size, hop)


def phase_above(x: Signal, rng: np.random.Generator) -> Signal:
    """True below 0.8 to 3.5 kHz, guessed above, as networks that get the first harmonics right; spectra perhaps seen by mel."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    spectrum = analyse(x, size, hop)
    magnitude = np.abs(spectrum)
    if rng.random() < 0.5:
        bands = int(rng.choice([64, 80, 100]))
        magnitude = np.maximum(magnitude @ mel_bank(bands, size).T @ mel_inverse(bands, size).T, 1e-6)
    edge = int(float(rng.uniform(800.0, 3500.0)) / RATE * size)
    phase = spectrum / np.maximum(np.abs(spectrum), 1e-9)
    phase[:, edge:] = np.exp(2j * np.pi * rng.random(phase[:, edge:].shape))
    for _ in range(int(rng.choice([1, 4, 12]))):
        again = analyse(synthesise(magnitude * phase, size, hop), size, hop)[: len(phase)]
        guessed = again / np.maximum(np.abs(again), 1e-9)
        phase[: len(guessed), edge:] = guessed[:, edge:]
    return synthesise(magnitude * phase, size, hop)


def smoothed_magnitudes(x: Signal, rng: np.random.Generator) -> Signal:
    """Log magnitudes smoothed over time, or in steps of 3 to 8 dB, with true phases: what a mean-square loss leaves."""
    size, hop = _SIZES[int(rng.integers(len(_SIZES)))]
    spectrum = analyse(x, size, hop)
    logged = np.log(np.abs(spectrum) + 1e-5)
    if rng.random() < 0.6:
        width = int(rng.choice([3, 5, 9]))
        logged = dsp.lfilter(np.hanning(width + 2)[1:-1] / np.hanning(width + 2).sum(), [1.0], logged, axis=0)
        logged = np.roll(logged, -(width // 2), axis=0)
    else:
        step = float(rng.uniform(0.35, 0.9))
        logged = np.round(logged / step) * step
    return griffin_lim(
        np.exp(logged), int(rng.choice([0, 1, 3])), spectrum / np.maximum(np.abs(spectrum), 1e-9), size, hop
    )


def repeated_periods(x: Signal, rng: np.random.Generator) -> Signal:
    """Linear prediction whose residual repeats a mean of neighbouring pitch periods: waveform interpolation (Kleijn 1993)."""
    f0, _, _, _ = world(x, 5.0)
    residual, speak = lpc_residual(x, int(rng.choice([16, 20])))
    out = residual.copy()
    place, share = 0, float(rng.uniform(0.6, 0.95))
    while place < len(residual) - 400:
        pitch = f0[min(place // 80, len(f0) - 1)]
        period = round(RATE / pitch) if pitch > 0.0 else 80
        if pitch > 0.0 and place >= period:
            out[place : place + period] = (
                share * out[place - period : place] + (1 - share) * residual[place : place + period]
            )
        place += period
    return speak(out)


def harmonic_source(x: Signal, rng: np.random.Generator) -> Signal:
    """Sines of the pitch and noise, given the recording's mel spectrum: a neural source-filter model without its network."""
    f0, _, _, _ = world(x, 5.0)
    places = np.arange(len(x)) / 80.0
    pitch = np.interp(places, np.arange(len(f0)), f0)
    voiced = np.interp(places, np.arange(len(f0)), (f0 > 0.0).astype(float)) > 0.5
    turn = 2.0 * np.pi * np.cumsum(np.where(voiced, pitch, 0.0)) / RATE
    source = float(rng.choice([0.003, 0.03, 0.1])) * rng.standard_normal(len(x)) * np.where(voiced, 1.0, 10.0)
    for harmonic in range(1, int(rng.choice([8, 20, 50])) + 1):
        heard = voiced & (harmonic * pitch < 7600.0)
        source[heard] += 0.1 * np.sin(harmonic * turn[heard] + rng.random() * float(rng.choice([0.0, 6.28])))
    size, hop = 1024, 256
    bands = int(rng.choice([40, 80]))
    both = mel_bank(bands, size).T @ mel_inverse(bands, size).T
    there, wanted = analyse(source, size, hop), np.maximum(np.abs(analyse(x, size, hop)) @ both, 1e-6)
    gain = wanted / np.maximum(np.abs(there) @ both, 1e-4)
    return synthesise(there * np.minimum(gain, 1e3), size, hop)


def overlapped_periods(x: Signal, rng: np.random.Generator) -> Signal:
    """Pitch-synchronous overlap-add (Moulines and Charpentier 1990) to another, a flatter, or a smoother pitch."""
    f0, _, _, _ = world(x, 5.0)
    voiced = f0 > 0.0
    if voiced.sum() < 10:
        return x
    middle = float(np.median(f0[voiced]))
    flat, scale = float(rng.uniform(0.0, 0.7)), float(rng.uniform(0.85, 1.18))
    wanted = np.where(voiced, (flat * middle + (1.0 - flat) * f0) * scale, 0.0)
    out, norm = np.zeros(len(x) + 800), np.full(len(x) + 800, 1e-3)
    marks = _marks(x, f0)
    place = float(marks[0])
    while place < marks[-1]:
        mark = int(marks[np.argmin(np.abs(marks - place))])
        frame = min(mark // 80, len(f0) - 1)
        period = int(RATE / f0[frame]) if voiced[frame] else 80
        start, low = int(place) - period, mark - period
        if start >= 0 and low >= 0 and mark + period <= len(x):
            window = np.hanning(2 * period)
            out[start : start + 2 * period] += x[low : mark + period] * window
            norm[start : start + 2 * period] += window
        place += RATE / wanted[frame] if wanted[frame] > 0.0 else 80
    return np.asarray((out / np.maximum(norm, 0.3))[: len(x)])


def _marks(x: Signal, f0: Signal) -> Signal:
    """The largest excursion of each pitch period; every 5 ms where there is no pitch."""
    marks, place = [], 0
    while place < len(x) - 1:
        pitch = f0[min(place // 80, len(f0) - 1)]
        period = int(RATE / pitch) if pitch > 0.0 else 80
        piece = np.abs(x[place : place + period])
        marks.append(place + (int(np.argmax(piece)) if pitch > 0.0 else 0))
        place += period
    return np.array(marks)


def world_altered(x: Signal, rng: np.random.Generator) -> Signal:
    """WORLD with the aperiodicity of its bands made even, less or more, a pitch in steps, and frames that jump."""
    f0, envelope, aperiodicity, period = world(x, float(rng.choice([5.0, 10.0, 12.5])))
    step = float(rng.uniform(0.005, 0.04))
    pitch = np.where(f0 > 0.0, np.exp(np.round(np.log(np.maximum(f0, 1.0)) / step) * step), 0.0)
    rough = np.clip(aperiodicity ** float(rng.choice([0.4, 0.7, 1.5, 3.0])), 1e-3, 0.999)
    made: Signal = pyworld.synthesize(pitch, envelope, np.ascontiguousarray(rough), RATE, period)
    return made
