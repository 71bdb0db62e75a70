"""WORLD analysis and synthesis (Morise, Yokomori & Ozawa 2016, "WORLD: a vocoder-based high-quality speech synthesis system")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyworld
from numpy.typing import NDArray

from synthesis.engine.parametric import mcep

SAMPLE_RATE: Final = 16_000
FRAME_MS: Final = 5.0
F0_FLOOR: Final = 60.0
F0_CEIL: Final = 450.0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """Frames of one utterance, 5 ms apart.

    Attributes:
        f0: hertz, 0 where unvoiced, ``[frames]``.
        mel_cepstrum: ``[frames, 40]``.
        aperiodicity: coded band aperiodicity in dB, ``[frames, 1]`` at 16 kHz.
    """

    f0: Floats
    mel_cepstrum: Floats
    aperiodicity: Floats


def level(samples: NDArray[np.floating], target_db: float = -24.0) -> NDArray[np.float64]:
    """Scale so that the mean power of active 20 ms frames (within 30 dB of the 95th percentile) is ``target_db``."""
    x = np.asarray(samples, dtype=np.float64)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, (0, 320)), 320)[::160]
    energy = (frames**2).mean(axis=1)
    active = energy[energy >= np.percentile(energy, 95) * 1e-3]
    power = float(active.mean()) if active.size else 0.0
    if power < 1e-12:
        return x
    return np.asarray(x * 10.0 ** ((target_db - 10.0 * np.log10(power)) / 20.0))


def analyse(samples: NDArray[np.floating], *, quick: bool = False) -> Features:
    """Analyse 16 kHz mono ``samples`` of shape ``[time]``: harvest, stonemask, cheaptrick, d4c.

    ``quick`` takes F0 from dio, ten times faster and less sure at the edges of voicing; good enough for hours of training
    speech.
    """
    x = np.ascontiguousarray(samples, dtype=np.float64)
    estimate = pyworld.dio if quick else pyworld.harvest
    f0, times = estimate(x, SAMPLE_RATE, f0_floor=F0_FLOOR, f0_ceil=F0_CEIL, frame_period=FRAME_MS)
    f0 = pyworld.stonemask(x, f0, times, SAMPLE_RATE)
    # Spectra of ten seconds take 8 MB: one at a time.
    cepstrum = mcep.from_power(pyworld.cheaptrick(x, f0, times, SAMPLE_RATE, fft_size=mcep.FFT_SIZE))
    aperiodicity = pyworld.d4c(x, f0, times, SAMPLE_RATE, fft_size=mcep.FFT_SIZE)
    coded = pyworld.code_aperiodicity(aperiodicity, SAMPLE_RATE)
    return Features(f0.astype(np.float32), cepstrum, coded.astype(np.float32))


def synthesise(features: Features) -> NDArray[np.float64]:
    """Samples at 16 kHz, shape ``[time]``, of frames 5 ms apart."""
    power = np.ascontiguousarray(mcep.to_power(features.mel_cepstrum))
    coded = np.ascontiguousarray(np.minimum(features.aperiodicity, -1e-3), dtype=np.float64)
    aperiodicity = pyworld.decode_aperiodicity(coded, SAMPLE_RATE, mcep.FFT_SIZE)
    f0 = np.ascontiguousarray(features.f0, dtype=np.float64)
    return np.asarray(pyworld.synthesize(f0, power, aperiodicity, SAMPLE_RATE, frame_period=FRAME_MS))


def continuous_log_f0(f0: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Log-F0 interpolated through unvoiced frames, and the voicing mask, both ``[frames]``."""
    voiced = f0 > 0
    if voiced.sum() < 2:
        return np.full(len(f0), np.log(140.0), dtype=np.float32), voiced
    index = np.arange(len(f0))
    return np.interp(index, index[voiced], np.log(f0[voiced])).astype(np.float32), voiced
