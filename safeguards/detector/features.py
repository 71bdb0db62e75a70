"""What the detector looks at: log energies of linearly spaced bands, with level and steady colour removed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats, stft
from audiokit.vad import speech_mask

RATE = 16_000
HOP = 160
FRAMES_PER_SECOND = RATE // HOP
BANDS = 80
_FFT = 512
_TOP_HZ = 7600.0
_FLOOR_DB = -75.0  # noise put under every recording, so that digital silence says nothing
_GUARD = 20  # frames kept around speech
_RANGE = 4.0  # standardised values are clipped here


def band_energies(samples: Floats, seed: int = 0) -> Floats:
    """Natural-log band energies of 16 kHz mono sound, ``[frames, 80]``, at a common level, 10 ms apart."""
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    scaled = samples / max(level, 1e-5)
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * 10.0 ** (_FLOOR_DB / 20.0)
    power = np.abs(stft((scaled + noise).astype(np.float32), _FFT, HOP)) ** 2
    energies: Floats = np.log(power @ _bands().T + 1e-8).astype(np.float32)
    return energies


def spoken_frames(samples: Floats, count: int) -> NDArray[np.int64]:
    """Frames within 0.2 s of speech; all frames where there is none."""
    mask = speech_mask(samples)
    near = np.convolve(mask, np.ones(2 * _GUARD + 1), mode="same") > 0.5
    kept = np.flatnonzero(near)
    kept = kept[kept < count]
    return kept if len(kept) else np.arange(count)


def standardise(energies: Floats, centred: bool = True) -> Floats:
    """Bring ``[frames, 80]`` to a common scale.

    Args:
        energies: log band energies.
        centred: remove each band's own mean, which is what a microphone or an equaliser would change; otherwise the
            overall mean, which keeps the colour of a loudspeaker.
    """
    mean = energies.mean(axis=0) if centred else energies.mean()
    shifted = energies - mean
    scaled: Floats = np.clip(shifted / max(float(shifted.std()), 1e-3), -_RANGE, _RANGE).astype(np.float32)
    return scaled


@lru_cache(maxsize=1)
def _bands() -> Floats:
    """Triangles equally spaced in hertz, ``[80, 257]``: vocoders leave traces at high frequencies, where mel bands blur."""
    edges = np.linspace(0.0, _TOP_HZ, BANDS + 2)
    hertz = np.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(np.minimum(rising, falling), 0.0).astype(np.float32)
