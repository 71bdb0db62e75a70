"""Noise-to-mask ratio after ITU-R BS.1387-1, annex 2, section 2 (FFT ear model, basic version), at 16 kHz.

Kept from the standard: ear weighting (eq. 7), quarter-Bark bands (eq. 9), internal noise (eq. 13), level-dependent spreading
over frequency added with exponent 0.4 (eq. 14 to 19), forward masking (eq. 20 to 23), masking offset of 3 dB up to 12 Bark and a
quarter of a dB per Bark above (section 3.3), and the error as the difference of weighted magnitudes (eq. 28). Changed: frames
are 43 ms at 16 kHz, and bands end at 8 kHz. Independent of the embedder: nothing here is used to shape the mark.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.watermark.attacks.types import RATE, Array

Matrix = NDArray[np.float64]

_SIZE: Final = 688
_HOP: Final = _SIZE // 2
_STEP_BARK: Final = 0.25
_FULL_SCALE_DB: Final = 92.0


def _bark(hz: Matrix) -> Matrix:
    bark: Matrix = 7 * np.arcsinh(hz / 650)
    return bark


_HZ: Final = np.fft.rfftfreq(_SIZE, 1 / RATE)
_LOW, _HIGH = _bark(np.array([80.0, 8000.0])).tolist()
_EDGES: Final = np.arange(_LOW, _HIGH, _STEP_BARK)
_CENTRE_BARK: Final = (_EDGES[:-1] + _EDGES[1:]) / 2
_CENTRE_HZ: Final = 650 * np.sinh(_CENTRE_BARK / 7)


def _grouping() -> Matrix:
    edges = 650 * np.sinh(_EDGES / 7)
    half = _HZ[1] / 2
    overlap = np.minimum(_HZ + half, edges[1:, None]) - np.maximum(_HZ - half, edges[:-1, None])
    shares: Matrix = np.clip(overlap / (2 * half), 0, 1)
    return shares


_GROUP: Final = _grouping()
_KHZ: Final = np.maximum(_HZ, 20) / 1000
_EAR: Final = 10 ** ((-0.6 * 3.64 * _KHZ**-0.8 + 6.5 * np.exp(-0.6 * (_KHZ - 3.3) ** 2) - 1e-3 * _KHZ**3.6) / 20)
_INTERNAL: Final = 10 ** (0.4 * 0.364 * (_CENTRE_HZ / 1000) ** -0.8)
_OFFSET_DB: Final = np.where(_CENTRE_BARK <= 12, 3.0, 0.25 * _CENTRE_BARK)


def _magnitudes(x: Array) -> Matrix:
    """Ear-weighted magnitudes ``[frames, bins]`` on the scale where a full-scale sine is 92 dB."""
    frames = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), _SIZE)[::_HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE)
    scale = 10 ** (_FULL_SCALE_DB / 20) / (window.sum() / 2)
    weighted: Matrix = np.abs(np.fft.rfft(frames * window, axis=1)) * scale * _EAR
    return weighted


def _spread(energy: Matrix) -> Matrix:
    """Excitation ``[frames, bands]`` after spreading over frequency."""
    level = 10 * np.log10(energy)
    total = np.zeros_like(energy)
    unit = np.zeros_like(energy)
    distance = _CENTRE_BARK[:, None] - _CENTRE_BARK[None]
    for band in range(energy.shape[1]):
        upper = -24 - 230 / _CENTRE_HZ[band] + 0.2 * level[:, band]
        away = distance[:, band]
        slope = np.where(away[None] < 0, 27 * away[None], np.minimum(upper[:, None], -1.0) * away[None])
        shape = 10 ** (slope / 10)
        shape /= shape.sum(axis=1, keepdims=True)
        total += (energy[:, band : band + 1] * shape) ** 0.4
        flat = 10 ** (np.where(away < 0, 27 * away, (-24 - 230 / _CENTRE_HZ[band]) * away) / 10)
        unit += (flat / flat.sum())[None] ** 0.4
    return total**2.5 / unit**2.5


def _forward(excitation: Matrix) -> Matrix:
    """Forward masking: the larger of the excitation and its decaying past."""
    tau = 0.008 + 100 / _CENTRE_HZ * (0.030 - 0.008)
    keep = np.exp(-_HOP / RATE / tau)
    smooth = np.zeros(excitation.shape[1])
    out = np.empty_like(excitation)
    for i, row in enumerate(excitation):
        smooth = keep * smooth + (1 - keep) * row
        out[i] = np.maximum(smooth, row)
    return out


def noise_to_mask(
    reference: Array, test: Array, *, louder_db: float = 0.0, range_db: float = 40.0
) -> tuple[float, float]:
    """Compare ``test`` with ``reference``, both ``[time]`` at 16 kHz.

    Args:
        reference: the sound before.
        test: the sound after.
        louder_db: played so much louder than full scale at 92 dB; quiet pauses then come up over the threshold of hearing.
        range_db: frames further below the clip's loud frames do not count.

    Returns:
        The share of audible cells (frame by quarter-Bark band, excitation over the internal noise, within ``range_db`` of the
        clip's loud frames) whose error is over the mask; and the mean noise-to-mask ratio of those cells in dB (of the mean ratio).
    """
    gain = 10 ** (louder_db / 20)
    ref, out = gain * _magnitudes(reference), gain * _magnitudes(test)
    raw = ref**2 @ _GROUP.T
    mask = _forward(_spread(raw + _INTERNAL)) * 10 ** (-_OFFSET_DB / 10)
    noise = (ref - out) ** 2 @ _GROUP.T
    loud = raw.sum(axis=1)
    active = loud > np.quantile(loud, 0.95) * 10 ** (-range_db / 10)
    audible = (raw > _INTERNAL) & active[:, None]
    ratio = noise[audible] / mask[audible]
    return float(np.mean(ratio > 1)), float(10 * np.log10(ratio.mean() + 1e-12))
