"""What the detector looks at, every 10 ms: log energies of linear bands, and how peaky each band is within a pitch period.

The energies show smoothed spectra and missing detail. The second part shows phase: a voice's pulses are sharp in time in
every band at once, while vocoders that invent phases smear them, and pulse-driven ones make them too sharp.
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
BANDS = ENERGY_BANDS + PULSE_BANDS
_FFT = 512
_TOP_HZ = 7600.0
_FLOOR_DB = -75.0  # noise put under every recording, so that digital silence says nothing
_GUARD = 20  # frames kept around speech
_RANGE = 4.0  # standardised values are clipped here
_SHORT, _SHORT_HOP = 64, 8  # 4 ms windows each 0.5 ms: well below a pitch period
_SPAN = 2 * HOP // _SHORT_HOP  # 20 ms of them
_PULSE_MEAN, _PULSE_DEVIATION = 0.6, 0.25
_BLOCK = 4000  # frames of short windows at a time, to bound memory


def observe(samples: Floats, seed: int = 0) -> Floats:
    """Features of 16 kHz mono sound, ``[frames, 96]``, at a common level.

    Args:
        samples: ``[time]``, at least 32 ms.
        seed: of the noise floor.
    """
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * 10.0 ** (_FLOOR_DB / 20.0)
    scaled = (samples / max(level, 1e-5) + noise).astype(np.float32)
    power = np.abs(stft(scaled, _FFT, HOP)) ** 2
    energies = np.log(power @ _bands().T + 1e-8)
    pulses = _pulses(scaled)
    count = min(len(energies), len(pulses))
    joined: Floats = np.concatenate([energies[:count], pulses[:count]], axis=1).astype(np.float32)
    return joined


def spoken_frames(samples: Floats, count: int) -> NDArray[np.int64]:
    """Frames within 0.2 s of speech; all frames where there is none."""
    mask = speech_mask(samples)
    near = np.convolve(mask, np.ones(2 * _GUARD + 1), mode="same") > 0.5
    kept = np.flatnonzero(near)
    kept = kept[kept < count]
    return kept if len(kept) else np.arange(count)


def standardise(features: Floats, centred: bool = True) -> Floats:
    """Bring ``[frames, 96]`` to a common scale.

    Args:
        features: from :func:`observe`.
        centred: remove each energy band's own mean, which is what a microphone or an equaliser would change; otherwise
            the overall mean, which keeps the colour of a loudspeaker.
    """
    energies = features[:, :ENERGY_BANDS]
    shifted = energies - (energies.mean(axis=0) if centred else energies.mean())
    scaled = shifted / max(float(shifted.std()), 1e-3)
    pulses = (features[:, ENERGY_BANDS:] - _PULSE_MEAN) / _PULSE_DEVIATION
    joined: Floats = np.clip(np.concatenate([scaled, pulses], axis=1), -_RANGE, _RANGE).astype(np.float32)
    return joined


def _pulses(scaled: Floats) -> Floats:
    """Log of arithmetic over geometric mean of each band's short-time power within 20 ms, ``[frames, 16]``."""
    padded = np.pad(scaled, (_SHORT // 2 + HOP // 2, _SHORT + 2 * HOP))
    windows = frames(padded, _SHORT, _SHORT_HOP)
    ratios = []
    step = HOP // _SHORT_HOP
    for start in range(0, len(windows) - _SPAN + 1, _BLOCK * step):
        block = windows[start : start + (_BLOCK - 1) * step + _SPAN]
        spectrum = np.abs(np.fft.rfft(block * hann(_SHORT), axis=1)[:, 1:]) ** 2
        power = spectrum.reshape(len(spectrum), PULSE_BANDS, -1).sum(axis=2) + 1e-7
        grouped = np.lib.stride_tricks.sliding_window_view(power, _SPAN, axis=0)[::step]
        logged = np.lib.stride_tricks.sliding_window_view(np.log(power), _SPAN, axis=0)[::step]
        ratios.append(np.log(grouped.mean(axis=2)) - logged.mean(axis=2))
    return np.concatenate(ratios).astype(np.float32)


@lru_cache(maxsize=1)
def _bands() -> Floats:
    """Triangles equally spaced in hertz, ``[80, 257]``: vocoders leave traces at high frequencies, where mel bands blur."""
    edges = np.linspace(0.0, _TOP_HZ, ENERGY_BANDS + 2)
    hertz = np.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(np.minimum(rising, falling), 0.0).astype(np.float32)
