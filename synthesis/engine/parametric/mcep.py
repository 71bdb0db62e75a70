"""Mel-cepstrum as matrices.

A spectral envelope and its mel-cepstrum (Tokuda, Kobayashi, Masuko & Imai 1994, "Mel-generalized cepstral analysis")
are related linearly once the logarithm is taken, through the frequency transform of Oppenheim & Johnson 1972
("Discrete representation of signals"). So both directions, and vocal-tract warping, are one matrix product each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

ORDER: Final = 39  # 40 coefficients with c0
ALPHA: Final = 0.42  # the mel scale at 16 kHz
FFT_SIZE: Final = 1024

Matrix = NDArray[np.float64]


def frequency_transform(order_in: int, order_out: int, alpha: float) -> Matrix:
    """Matrix of the all-pass frequency transform of a cepstrum, shape ``[order_out + 1, order_in + 1]``.

    Row recursion of Oppenheim & Johnson 1972, applied to every unit vector at once.
    """
    g = np.zeros((order_out + 1, order_in + 1))
    for i in range(order_in, -1, -1):
        previous = g.copy()
        g[0] = alpha * previous[0]
        g[0, i] += 1.0
        if order_out >= 1:
            g[1] = (1.0 - alpha * alpha) * previous[0] + alpha * previous[1]
        for m in range(2, order_out + 1):
            g[m] = previous[m - 1] + alpha * (previous[m] - g[m - 1])
    return g


@lru_cache(maxsize=1)
def _analysis_matrix() -> Matrix:
    """Log amplitude spectrum ``[513]`` to mel-cepstrum ``[40]``."""
    half = FFT_SIZE // 2
    cosines = np.cos(np.pi * np.outer(np.arange(half + 1), np.arange(half + 1)) / half)
    weight = np.full(half + 1, 2.0)
    weight[0] = weight[-1] = 1.0
    to_cepstrum = cosines * weight / FFT_SIZE  # inverse real DFT of an even spectrum: [cepstrum, frequency]
    to_cepstrum[1:half] *= 2.0  # fold the negative quefrencies onto the positive ones
    matrix: Matrix = frequency_transform(half, ORDER, ALPHA) @ to_cepstrum
    return matrix


@lru_cache(maxsize=1)
def _synthesis_matrix() -> Matrix:
    """Mel-cepstrum ``[40]`` to log amplitude spectrum ``[513]``."""
    half = FFT_SIZE // 2
    cosines = np.cos(np.pi * np.outer(np.arange(half + 1), np.arange(half + 1)) / half)
    spectrum: Matrix = cosines @ frequency_transform(ORDER, half, -ALPHA)
    return spectrum


def from_power(power: Matrix) -> NDArray[np.float32]:
    """Power spectra ``[frames, 513]`` to mel-cepstra ``[frames, 40]``."""
    log_amplitude = np.maximum(power, 1e-16)
    np.log(log_amplitude, out=log_amplitude)
    log_amplitude *= 0.5
    return (log_amplitude @ _analysis_matrix().T).astype(np.float32)


def to_power(mel_cepstrum: NDArray[np.floating]) -> Matrix:
    """Mel-cepstra ``[frames, 40]`` to power spectra ``[frames, 513]``."""
    log_amplitude = np.asarray(mel_cepstrum, dtype=np.float64) @ _synthesis_matrix().T
    power: Matrix = np.exp(2.0 * np.clip(log_amplitude, -18.0, 12.0))
    return power


@lru_cache(maxsize=64)
def warp_matrix(alpha: float) -> NDArray[np.float32]:
    """Vocal-tract warp as a ``[40, 40]`` matrix on mel-cepstra; positive ``alpha`` moves formants up."""
    return frequency_transform(ORDER, ORDER, alpha).astype(np.float32)
