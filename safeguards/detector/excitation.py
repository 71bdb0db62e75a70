"""Copy-synthesis by a source and a filter: pulses, noise or harmonics shaped by the recording's envelope."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pyworld
from numpy.typing import NDArray
from scipy import linalg
from scipy import signal as dsp

from safeguards.detector.spectra import RATE, Signal, analyse, mel_bank, mel_inverse, synthesise
from safeguards.detector.vocoders import world


def mel_source_filter(x: Signal, rng: np.random.Generator) -> Signal:
    """Pulses and noise through a coarse mel envelope."""
    f0 = _pitch(x, 5.0)
    bands = int(rng.choice([24, 32, 40]))
    envelope = np.maximum(np.abs(analyse(x)) @ mel_bank(bands).T @ mel_inverse(bands).T, 1e-5)
    source = _pulses(f0, len(x), 80, rng, jitter=0.0) + 0.05 * rng.standard_normal(len(x))
    spectrum = analyse(source)
    count = min(len(spectrum), len(envelope))
    return synthesise(spectrum[:count] * envelope[:count])


def lpc_vocoder(x: Signal, rng: np.random.Generator) -> Signal:
    """Linear prediction of order 12 to 24 driven by pulses or noise (Atal and Hanauer 1971)."""
    f0 = _pitch(x, 10.0)
    source = _pulses(f0, len(x) + 800, RATE // 100, rng, jitter=0.0)
    return _filtered(x, source, int(rng.choice([12, 16, 20, 24])))


def mixed_excitation(x: Signal, rng: np.random.Generator) -> Signal:
    """Linear prediction with voicing decided in five bands, jittered and dispersed pulses, as in MELP (McCree 1995)."""
    f0 = _pitch(x, 10.0)
    pulses = _pulses(f0, len(x) + 800, RATE // 100, rng, jitter=float(rng.choice([0.0, 0.05, 0.2])))
    noise = rng.standard_normal(len(pulses))
    edges = np.array([0.0, 500.0, 1000.0, 2000.0, 4000.0, 7900.0])
    top = float(rng.uniform(1500.0, 6000.0))
    source = np.zeros(len(pulses))
    for low, high in itertools.pairwise(edges):
        shape = (
            dsp.butter(3, high, "lowpass", fs=RATE, output="sos")
            if low == 0.0
            else dsp.butter(3, [low, high], "bandpass", fs=RATE, output="sos")
        )
        voiced = float(np.clip(1.2 - low / top, 0.0, 1.0))
        source += dsp.sosfilt(shape, voiced * pulses + np.sqrt(1.0 - voiced**2) * noise)
    spread = dsp.firwin2(65, [0.0, 1.0], [1.0, 1.0]) + 0.1 * rng.standard_normal(65) * np.hanning(65)
    return _filtered(x, np.convolve(source, spread, mode="same"), int(rng.choice([10, 16, 20])))


def residual_coded(x: Signal, rng: np.random.Generator) -> Signal:
    """Linear prediction whose residual keeps 2 to 4 bits, or only its low band, as in residual-excited synthesis."""
    order, length, hop = int(rng.choice([12, 16])), 400, 160
    out = np.zeros(len(x) + length)
    window = np.hanning(length)
    bits = int(rng.choice([1, 2, 3]))
    for start in range(0, len(x) - length, hop):
        frame = x[start : start + length]
        predictor, _ = _predict(frame * window, order)
        residual = dsp.lfilter(np.r_[1.0, predictor], [1.0], frame)
        scale = float(np.abs(residual).max()) + 1e-9
        kept = np.round(residual / scale * 2**bits) / 2**bits * scale
        out[start : start + length] += dsp.lfilter([1.0], np.r_[1.0, predictor], kept) * window * 0.8
    return out[: len(x)]


def sinusoidal(x: Signal, rng: np.random.Generator) -> Signal:
    """Harmonics of the pitch with the envelope's amplitudes, in one or in random phases, and noise where it is aperiodic."""
    f0, envelope, aperiodicity, _ = world(x, 5.0)
    time = np.arange(len(x))
    frame = np.minimum(time // 80, len(f0) - 1)
    pitch = np.interp(time, np.arange(len(f0)) * 80, f0)
    voiced = np.interp(time, np.arange(len(f0)) * 80, (f0 > 0.0).astype(float)) > 0.5
    phase = 2.0 * np.pi * np.cumsum(np.where(voiced, pitch, 100.0)) / RATE
    amplitude = np.sqrt(envelope * (1.0 - aperiodicity**2)).astype(np.float32)
    out = np.zeros(len(x))
    random_phases = rng.random() < 0.5
    for harmonic in range(1, int(rng.choice([25, 40, 60])) + 1):
        heard = voiced & (harmonic * pitch < 7600.0)
        if not heard.any():
            break
        bins = np.clip((harmonic * pitch[heard] / RATE * 1024).astype(int), 0, envelope.shape[1] - 1)
        shift = rng.random() * 2.0 * np.pi if random_phases else 0.0
        wave = np.cos(phase[heard] * harmonic + shift)
        out[heard] += amplitude[frame[heard], bins] * np.sqrt(np.maximum(pitch[heard], 1.0)) * 0.03 * wave
    noise = pyworld.synthesize(np.zeros(len(f0)), envelope * aperiodicity**2, np.ones_like(aperiodicity), RATE)
    noise = np.pad(noise, (0, max(0, len(x) - len(noise))))[: len(x)]
    return np.asarray(out / (out.std() + 1e-9) * x.std() + 0.7 * noise, dtype=np.float64)


def lpc_residual(x: Signal, order: int) -> tuple[Signal, Callable[[Signal], Signal]]:
    """The residual of linear prediction, overlapped from frames of 25 ms, and what speaks another one through the same filters."""
    length, hop = 400, 100
    window = np.hanning(length)
    starts = range(0, len(x) - length, hop)
    filters = [np.r_[1.0, _predict(x[start : start + length] * window, order)[0]] for start in starts]

    def through(source: Signal, *, back: bool) -> Signal:
        out = np.zeros(len(x) + length)
        for start, predictor in zip(starts, filters, strict=True):
            part = source[start : start + length]
            ratio = ([1.0], predictor) if back else (predictor, [1.0])
            out[start : start + length] += dsp.lfilter(*ratio, part) * window * (2.0 * hop / length)
        return out[: len(x)]

    return through(x, back=False), lambda source: through(source, back=True)


def _filtered(x: Signal, source: Signal, order: int) -> Signal:
    length, hop = 400, 160
    window = np.hanning(length)
    out = np.zeros(len(x) + length)
    for start in range(0, len(x) - length, hop):
        predictor, power = _predict(x[start : start + length] * window, order)
        part = source[start : start + length]
        gain = np.sqrt(power / np.sum(window**2))
        out[start : start + length] += dsp.lfilter([1.0], np.r_[1.0, predictor], part * gain) * window
    return out[: len(x)]


def _predict(frame: Signal, order: int) -> tuple[Signal, float]:
    correlation = np.correlate(frame, frame, "full")[len(frame) - 1 : len(frame) + order]
    correlation[0] = correlation[0] * 1.0001 + 1e-7
    predictor = -linalg.solve_toeplitz(correlation[:order], correlation[1 : order + 1])
    return np.asarray(predictor), max(float(correlation[0] + predictor @ correlation[1:]), 1e-9)


def _pitch(x: Signal, period_ms: float) -> Signal:
    coarse, times = pyworld.dio(x, RATE, frame_period=period_ms)
    fine: Signal = pyworld.stonemask(x, coarse, times, RATE)
    return fine


def _pulses(f0: Signal, length: int, hop: int, rng: np.random.Generator, jitter: float) -> NDArray[np.float64]:
    """A pulse of unit power for each period; white noise where there is no pitch."""
    out = rng.standard_normal(length)
    turn, limit = 0.0, 1.0
    for place in range(length):
        pitch = f0[min(place // hop, len(f0) - 1)]
        if pitch > 0.0:
            turn += pitch / RATE
            out[place] = np.sqrt(RATE / pitch) if turn >= limit else 0.0
            if turn >= limit:
                turn -= limit
                limit = 1.0 + jitter * float(rng.uniform(-1.0, 1.0))
    return out
