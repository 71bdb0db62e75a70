"""Copy-synthesis: a recording taken apart and made again by a machine, so that only the machine differs.

Every function takes and returns mono 16 kHz ``[time]`` and a generator that picks its settings.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyworld
from numpy.typing import NDArray
from scipy import linalg
from scipy import signal as dsp

Signal = NDArray[np.float64]
Vocoder = Callable[[Signal, np.random.Generator], Signal]

RATE = 16_000
_FFT = 512
_BINS = _FFT // 2 + 1


def world_parametric(x: Signal, rng: np.random.Generator) -> Signal:
    """WORLD with few cepstra smoothed in time and a smoothed pitch: the look of statistical parametric synthesis."""
    f0, envelope, aperiodicity = _world(x)
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
    out: Signal = pyworld.synthesize(
        np.where(voiced, np.exp(pitch), 0.0), smooth, np.clip(aperiodicity, 1e-3, 0.999), RATE
    )
    return out


def world_conversion(x: Signal, rng: np.random.Generator) -> Signal:
    """WORLD with another pitch and another vocal tract length: a simple voice conversion."""
    f0, envelope, aperiodicity = _world(x)
    bins = np.arange(envelope.shape[1])
    stretch = float(rng.choice([0.84, 0.9, 1.1, 1.18]))
    warped = np.stack([np.exp(np.interp(bins / stretch, bins, np.log(row))) for row in envelope])
    out: Signal = pyworld.synthesize(f0 * float(rng.choice([0.6, 0.75, 1.3, 1.6])), warped, aperiodicity, RATE)
    return out


def mel_griffin_lim(x: Signal, rng: np.random.Generator) -> Signal:
    """Mel spectrogram of 40 to 128 bands, inverted by pseudo-inverse and Griffin-Lim."""
    bank = _mel_bank(int(rng.choice([40, 64, 80, 128])))
    magnitude = np.linalg.pinv(bank) @ (bank @ np.abs(_stft(x)))
    return griffin_lim(np.maximum(magnitude, 1e-6), int(rng.choice([16, 40, 80])), rng)


def phases_guessed(x: Signal, rng: np.random.Generator) -> Signal:
    """The full magnitude spectrum kept, phases from 1 to 60 rounds of Griffin-Lim."""
    return griffin_lim(np.abs(_stft(x)), int(rng.choice([1, 3, 10, 60])), rng)


def time_stretch(x: Signal, rng: np.random.Generator) -> Signal:
    """Another tempo: interpolated magnitudes and guessed phases."""
    magnitude = np.abs(_stft(x))
    count = int(magnitude.shape[1] * float(rng.choice([0.85, 0.92, 1.1, 1.2])))
    places = np.linspace(0.0, magnitude.shape[1] - 1, count)
    stretched = np.stack([np.interp(places, np.arange(magnitude.shape[1]), row) for row in magnitude])
    return griffin_lim(stretched, 40, rng)


def mel_source_filter(x: Signal, rng: np.random.Generator) -> Signal:
    """Pulses and noise through a coarse mel envelope."""
    f0 = _pitch(x, 5.0)
    bank = _mel_bank(int(rng.choice([24, 32, 40])))
    envelope = np.maximum(np.linalg.pinv(bank) @ (bank @ np.abs(_stft(x, 80))), 1e-5)
    source = _pulses(f0, len(x), 80, rng) + 0.05 * rng.standard_normal(len(x))
    spectrum = _stft(source, 80)
    count = min(spectrum.shape[1], envelope.shape[1])
    return _istft(spectrum[:, :count] * envelope[:, :count], 80)


def lpc_vocoder(x: Signal, rng: np.random.Generator) -> Signal:
    """Linear prediction of order 12 to 24 driven by pulses or noise (Atal and Hanauer 1971)."""
    order, length, hop = int(rng.choice([12, 16, 20, 24])), 400, 160
    window = np.hanning(length)
    f0 = _pitch(x, 10.0)
    out = np.zeros(len(x) + length)
    for number, start in enumerate(range(0, len(x) - length, hop)):
        frame = x[start : start + length] * window
        correlation = np.correlate(frame, frame, "full")[length - 1 : length + order]
        correlation[0] = correlation[0] * 1.0001 + 1e-7
        predictor = -linalg.solve_toeplitz(correlation[:order], correlation[1 : order + 1])
        power = max(float(correlation[0] + predictor @ correlation[1:]), 1e-9)
        period = RATE / f0[min(number, len(f0) - 1)] if f0[min(number, len(f0) - 1)] > 0.0 else 0.0
        source = rng.standard_normal(length)
        if period:
            source = np.zeros(length)
            at = np.arange(period - (start % period), length, period).astype(int)
            source[at[at < length]] = np.sqrt(period)
        gain = np.sqrt(power / np.sum(window**2))
        out[start : start + length] += dsp.lfilter([1.0], np.r_[1.0, predictor], source * gain) * window
    return out[: len(x)]


def sinusoidal(x: Signal, rng: np.random.Generator) -> Signal:
    """Harmonics of the pitch with the envelope's amplitudes, and noise where the voice is aperiodic."""
    f0, envelope, aperiodicity = _world(x)
    time = np.arange(len(x))
    frame = np.minimum(time // 80, len(f0) - 1)
    pitch = np.interp(time, np.arange(len(f0)) * 80, f0)
    voiced = np.interp(time, np.arange(len(f0)) * 80, (f0 > 0.0).astype(float)) > 0.5
    phase = 2.0 * np.pi * np.cumsum(np.where(voiced, pitch, 100.0)) / RATE
    amplitude = np.sqrt(envelope)
    out = np.zeros(len(x))
    random_phases = rng.random() < 0.5
    for harmonic in range(1, int(rng.choice([20, 30, 40])) + 1):
        bins = np.clip((harmonic * pitch / RATE * 1024).astype(int), 0, envelope.shape[1] - 1)
        shift = rng.random() * 2.0 * np.pi if random_phases else 0.0
        wave = amplitude[frame, bins] * np.sqrt(np.maximum(pitch, 1.0)) * 0.03 * np.cos(phase * harmonic + shift)
        out += np.where(voiced & (harmonic * pitch < 7600.0), wave, 0.0)
    noise = pyworld.synthesize(np.zeros(len(f0)), envelope * aperiodicity**2, np.ones_like(aperiodicity), RATE)
    noise = np.pad(noise, (0, max(0, len(x) - len(noise))))[: len(x)]
    return np.asarray(out / (out.std() + 1e-9) * x.std() + 0.7 * noise, dtype=np.float64)


VOCODERS: dict[str, Vocoder] = {
    "own_world_param": world_parametric,
    "own_world_convert": world_conversion,
    "own_mel_griffinlim": mel_griffin_lim,
    "own_phase_random": phases_guessed,
    "own_mel_source_filter": mel_source_filter,
    "own_lpc": lpc_vocoder,
    "own_sinusoidal": sinusoidal,
    "own_stretch": time_stretch,
}


def griffin_lim(magnitude: Signal, rounds: int, rng: np.random.Generator) -> Signal:
    """Fast Griffin-Lim (Perraudin et al. 2013) from random phases; momentum only from 20 rounds up."""
    phase = np.exp(2j * np.pi * rng.random(magnitude.shape))
    previous = np.zeros_like(phase)
    for _ in range(rounds):
        spectrum = _stft(_istft(magnitude * phase))[:, : magnitude.shape[1]]
        spectrum = np.pad(spectrum, ((0, 0), (0, magnitude.shape[1] - spectrum.shape[1])))
        ahead = spectrum + 0.99 * (spectrum - previous) if rounds > 20 else spectrum
        previous = spectrum
        phase = ahead / np.maximum(np.abs(ahead), 1e-9)
    return _istft(magnitude * phase)


def _stft(x: Signal, hop: int = 128) -> NDArray[np.complex128]:
    spectrum: NDArray[np.complex128] = dsp.stft(x, RATE, nperseg=_FFT, noverlap=_FFT - hop, boundary="zeros")[2]
    return spectrum


def _istft(spectrum: NDArray[np.complex128], hop: int = 128) -> Signal:
    out: Signal = dsp.istft(spectrum, RATE, nperseg=_FFT, noverlap=_FFT - hop)[1]
    return out


def _mel_bank(bands: int) -> Signal:
    hertz = np.linspace(0.0, RATE / 2, _BINS)
    top = 2595.0 * np.log10(1.0 + RATE / 1400.0)
    edges = 700.0 * (10.0 ** (np.linspace(0.0, top, bands + 2) / 2595.0) - 1.0)
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


def _pitch(x: Signal, period_ms: float) -> Signal:
    coarse, times = pyworld.dio(x, RATE, frame_period=period_ms)
    fine: Signal = pyworld.stonemask(x, coarse, times, RATE)
    return fine


def _world(x: Signal) -> tuple[Signal, Signal, Signal]:
    coarse, times = pyworld.dio(x, RATE)
    f0 = pyworld.stonemask(x, coarse, times, RATE)
    return f0, pyworld.cheaptrick(x, f0, times, RATE), pyworld.d4c(x, f0, times, RATE)


def _few_cepstra(envelope: Signal, order: int, width: int) -> Signal:
    cepstra = np.fft.irfft(np.log(envelope), axis=1)
    cepstra[:, order : cepstra.shape[1] - order + 1] = 0.0
    if len(cepstra) > width:
        cepstra = dsp.savgol_filter(cepstra, width, 1, axis=0)
    return np.asarray(np.exp(np.fft.rfft(cepstra, axis=1).real))


def _pulses(f0: Signal, length: int, hop: int, rng: np.random.Generator) -> Signal:
    out = rng.standard_normal(length)
    turn = 0.0
    for place in range(length):
        pitch = f0[min(place // hop, len(f0) - 1)]
        if pitch > 0.0:
            turn += pitch / RATE
            out[place] = np.sqrt(RATE / pitch) if turn >= 1.0 else 0.0
            turn %= 1.0
    return out
