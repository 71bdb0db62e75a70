"""What the detector looks at, every 10 ms, in 147 numbers.

- 80 log energies of linear bands: smoothed spectra, missing detail, traces at high frequencies.
- 16 pulse sharpnesses: how peaky each band is within a pitch period. A voice's pulses are sharp in every band at once; vocoders that
  invent phases smear them, and pulse-driven ones make them too sharp.
- 27 synchronies: how alike the fine envelopes of bands 0.5 and 2 kHz apart run; and 8 periodicities, of those envelopes at pitch lags.
- 16 flatnesses of the spectrum within bands of 500 Hz: harmonics against noise.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats, frames, hann, stft
from audiokit.vad import speech_mask

RATE = 16_000
HOP = 160
FRAMES_PER_SECOND = RATE // HOP
ENERGY_BANDS = 80
PULSE_BANDS = 16
APART = (1, 4)  # pulse bands whose envelopes are compared
SYNCHRONIES = sum(PULSE_BANDS - step for step in APART)
PERIODICITIES = PULSE_BANDS // 2
FLATNESSES = 16
ENERGIES = slice(0, ENERGY_BANDS)
PULSES = slice(ENERGY_BANDS, ENERGY_BANDS + PULSE_BANDS)
FINE = slice(PULSES.stop, PULSES.stop + SYNCHRONIES + PERIODICITIES + FLATNESSES)
FEATURES = FINE.stop
_FFT = 512
_TOP_HZ = 7600.0
_FLOOR_DB = -75.0  # noise put under every recording, so that digital silence says nothing
_GUARD = 20  # frames kept around speech
_RANGE = 4.0  # standardised values are clipped here
_SHORT, _SHORT_HOP = 64, 8  # 4 ms windows each 0.5 ms: well below a pitch period
_SPAN = 2 * HOP // _SHORT_HOP  # 20 ms of them
_LONG = 4 * HOP // _SHORT_HOP  # 40 ms, for periodicity
_LAGS = slice(5, 33)  # 2.5 to 16 ms
_PULSE_MEAN, _PULSE_DEVIATION = 0.6, 0.25
_LITTLE = 1e-7
_MIDDLE, _UPPER = slice(10, 32), slice(48, 74)  # bands of 1-3 and 4.5-7 kHz
_NARROW_DB, _NOISY_DB = 50.0, 20.0
_BLOCK = 2000  # frames at a time, to bound memory


def observe(samples: Floats, seed: int = 0) -> Floats:
    """Features of 16 kHz mono sound, ``[frames, 147]``, at a common level.

    Args:
        samples: ``[time]``, at least 32 ms.
        seed: of the noise floor.
    """
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * 10.0 ** (_FLOOR_DB / 20.0)
    scaled = (samples / max(level, 1e-5) + noise).astype(np.float32)
    power = np.abs(stft(scaled, _FFT, HOP)) ** 2
    energies = np.log(power @ _bands().T + 1e-8)
    fine = _within_periods(scaled)
    count = min(len(energies), len(fine))
    joined: Floats = np.concatenate([energies[:count], fine[:count], _flatness(power[:count])], axis=1)
    return joined.astype(np.float32)


def spoken_frames(samples: Floats, count: int) -> NDArray[np.int64]:
    """Frames within 0.2 s of speech; all frames where there is none."""
    mask = speech_mask(samples)
    near = np.convolve(mask, np.ones(2 * _GUARD + 1), mode="same") > 0.5
    kept = np.flatnonzero(near)
    kept = kept[kept < count]
    return kept if len(kept) else np.arange(count)


def channel_class(features: Floats) -> str:
    """What the sound came through, as far as calibration cares: ``narrow``, ``noisy`` or ``clear``.

    Narrow: next to nothing above 4.5 kHz, as over a telephone. Noisy: less than 20 dB between loud and quiet frames.

    Args:
        features: ``[frames, 147]`` of speech and what is around it.
    """
    decibels = features[:, ENERGIES] * (10.0 / np.log(10.0))
    level = decibels[:, : _UPPER.start].mean(axis=1)
    loud = level >= np.median(level)
    if decibels[loud][:, _MIDDLE].mean() - decibels[loud][:, _UPPER].mean() > _NARROW_DB:
        return "narrow"
    return "noisy" if float(np.subtract(*np.percentile(level, [95, 10]))) < _NOISY_DB else "clear"


def standardise(features: Floats, centred: bool = True) -> Floats:
    """Bring ``[frames, 147]`` to a common scale.

    Args:
        features: from :func:`observe`.
        centred: remove each energy band's own mean, which is what a microphone or an equaliser would change; otherwise
            the overall mean, which keeps the colour of a loudspeaker.
    """
    energies = features[:, ENERGIES]
    shifted = energies - (energies.mean(axis=0) if centred else energies.mean())
    scaled = shifted / max(float(shifted.std()), 1e-3)
    pulses = (features[:, PULSES] - _PULSE_MEAN) / _PULSE_DEVIATION
    joined: Floats = np.concatenate([scaled, pulses, features[:, FINE]], axis=1).astype(np.float32)
    return np.clip(joined, -_RANGE, _RANGE)


def _within_periods(scaled: Floats) -> Floats:
    """Pulse sharpness, synchrony and periodicity of band envelopes, ``[frames, 16 + 27 + 8]``."""
    padded = np.pad(scaled, (_SHORT // 2 + HOP, _SHORT + 4 * HOP))
    windows = frames(padded, _SHORT, _SHORT_HOP)
    step = HOP // _SHORT_HOP
    count = (len(windows) - _LONG) // step + 1
    rows = []
    for first in range(0, count, _BLOCK):
        some = min(_BLOCK, count - first)
        block = windows[first * step : (first + some - 1) * step + _LONG]
        spectrum = np.abs(np.fft.rfft(block * hann(_SHORT), axis=1)[:, 1:]) ** 2
        power = spectrum[:, ::2] + spectrum[:, 1::2] + np.float32(_LITTLE)
        rows.append(np.concatenate([_sharpness_and_synchrony(power, step, some), _periodicity(power, step, some)], 1))
    return np.concatenate(rows).astype(np.float32)


def _sharpness_and_synchrony(power: Floats, step: int, count: int) -> Floats:
    """Log of arithmetic over geometric mean in 20 ms, and correlations of log envelopes there."""

    def mean_of(values: Floats) -> Floats:
        """Over the middle 20 ms of each frame's 40: two of its four steps."""
        sums = values[step : step * (count + 2)].reshape(count + 1, step, -1).sum(axis=1)
        halves: Floats = (sums[:-1] + sums[1:]) / np.float32(_SPAN)
        return halves

    logged = np.log(power)
    mean = mean_of(logged)
    spread = np.sqrt(np.maximum(mean_of(logged**2) - mean**2, 1e-4))
    parts = [np.log(mean_of(power)) - mean]
    for apart in APART:
        joint = mean_of(logged[:, apart:] * logged[:, :-apart])
        parts.append((joint - mean[:, apart:] * mean[:, :-apart]) / (spread[:, apart:] * spread[:, :-apart]))
    return np.concatenate(parts, axis=1)


def _periodicity(power: Floats, step: int, count: int) -> Floats:
    """Highest autocorrelation of each wide band's envelope at a lag of 2.5 to 16 ms, within 40 ms."""
    wide = np.log(power[:, ::2] + power[:, 1::2]).T
    pieces = np.lib.stride_tricks.sliding_window_view(wide, _LONG, axis=1)[:, ::step][:, :count]
    centred = pieces - pieces.mean(axis=2, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * _LONG, axis=2)
    correlation = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, axis=2)
    share = 1.0 - np.arange(_LAGS.start, _LAGS.stop, dtype=np.float32) / _LONG
    best = (correlation[:, :, _LAGS] / share).max(axis=2) / np.maximum(correlation[:, :, 0], 1e-3)
    return np.asarray(best.T, dtype=np.float32)


def _flatness(power: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log of arithmetic over geometric mean of the spectrum's lines within 500 Hz."""
    lines = power[:, 1:].reshape(len(power), FLATNESSES, -1) + _LITTLE
    return np.asarray(np.log(lines.mean(axis=2)) - np.log(lines).mean(axis=2))


@lru_cache(maxsize=1)
def _bands() -> Floats:
    """Triangles equally spaced in hertz, ``[80, 257]``: vocoders leave traces at high frequencies, where mel bands blur."""
    edges = np.linspace(0.0, _TOP_HZ, ENERGY_BANDS + 2)
    hertz = np.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    bank: Floats = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return bank
