"""Short-time spectra and mel filter banks, with numpy alone."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]
MelScale = Literal["htk", "slaney"]

# Slaney, Auditory Toolbox (1998): linear to 1 kHz with 200/3 Hz a mel, then 27 mels for each factor of 6.4.
_SLANEY_HZ_PER_MEL = 200.0 / 3.0
_SLANEY_BREAK_HZ = 1000.0
_SLANEY_BREAK_MEL = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
_SLANEY_LOG_STEP = np.log(6.4) / 27.0


def frames(signal: Floats, length: int, hop: int) -> Floats:
    """Overlapping frames of ``signal`` [time] as a read-only view [frames, length]; a rest shorter than ``length`` is left out."""
    if length < 1 or hop < 1:
        raise ValueError(f"length and hop must be positive, got {length} and {hop}")
    if signal.shape[0] < length:
        return np.empty((0, length), signal.dtype)
    return np.lib.stride_tricks.sliding_window_view(signal, length)[::hop]


@lru_cache(maxsize=16)
def hann(length: int) -> Floats:
    """Periodic Hann window [length]: shifted copies at hop length/2 or length/4 sum to a constant."""
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.setflags(write=False)
    return window


def stft(signal: Floats, n_fft: int, hop: int, window_length: int | None = None) -> Complexes:
    """Short-time Fourier transform with a periodic Hann window, frame t centred on sample ``t * hop``.

    Args:
        signal: [time].
        n_fft: transform length.
        hop: samples between frames.
        window_length: at most ``n_fft`` (the default); a shorter window is centred in the transform.

    Returns:
        Complex spectra [frames, n_fft // 2 + 1], with ``1 + time // hop`` frames; the signal is reflected at its ends, or
        continued with zeros where it is too short for that.
    """
    window = _padded_window(n_fft, window_length or n_fft)
    half = n_fft // 2
    padded = np.pad(signal, half, mode="reflect" if signal.shape[0] > half else "constant")
    return np.fft.rfft(frames(padded, n_fft, hop) * window, axis=1).astype(np.complex64)


def istft(spectra: Complexes, n_fft: int, hop: int, length: int, window_length: int | None = None) -> Floats:
    """Least-squares inverse of ``stft`` (Griffin and Lim 1984, equation 6): overlap-add divided by the summed squared window.

    Args:
        spectra: [frames, n_fft // 2 + 1].
        length: samples to return.
    """
    window = _padded_window(n_fft, window_length or n_fft)
    pieces = np.fft.irfft(spectra, n_fft, axis=1).astype(np.float32) * window
    total = (len(pieces) - 1) * hop + n_fft
    signal, weight = np.zeros(total, np.float32), np.zeros(total, np.float32)
    for index, piece in enumerate(pieces):
        signal[index * hop : index * hop + n_fft] += piece
        weight[index * hop : index * hop + n_fft] += window**2
    half = n_fft // 2
    whole = np.divide(signal, weight, out=np.zeros_like(signal), where=weight > 1e-8)[half : half + length]
    return np.pad(whole, (0, length - len(whole)))


def _padded_window(n_fft: int, window_length: int) -> Floats:
    if window_length > n_fft:
        raise ValueError(f"a window of {window_length} does not fit a transform of {n_fft}")
    left = (n_fft - window_length) // 2
    return np.pad(hann(window_length), (left, n_fft - window_length - left))


def hz_to_mel(hz: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Mel of frequencies: ``htk`` is 2595 log10(1 + f/700) (HTK Book section 5.4.6), ``slaney`` the Auditory Toolbox's."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    above = _SLANEY_BREAK_MEL + np.log(np.maximum(hz, _SLANEY_BREAK_HZ) / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP
    return np.where(hz < _SLANEY_BREAK_HZ, hz / _SLANEY_HZ_PER_MEL, above)


def mel_to_hz(mel: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Inverse of ``hz_to_mel``."""
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    above = _SLANEY_BREAK_HZ * np.exp(_SLANEY_LOG_STEP * (np.maximum(mel, _SLANEY_BREAK_MEL) - _SLANEY_BREAK_MEL))
    return np.where(mel < _SLANEY_BREAK_MEL, mel * _SLANEY_HZ_PER_MEL, above)


@lru_cache(maxsize=16)
def mel_filters(
    sample_rate: int,
    n_fft: int,
    n_mels: int,
    *,
    low_hz: float = 0.0,
    high_hz: float | None = None,
    scale: MelScale = "htk",
    unit_area: bool = False,
) -> Floats:
    """Triangular filters [n_mels, n_fft // 2 + 1], spaced equally in mel from ``low_hz`` to ``high_hz`` (default: Nyquist).

    Args:
        unit_area: scale each triangle to unit area in hertz ("Slaney norm"); otherwise its peak is one.
    """
    top = sample_rate / 2.0 if high_hz is None else high_hz
    if not 0.0 <= low_hz < top <= sample_rate / 2.0:
        raise ValueError(f"the band {low_hz} to {top} Hz does not lie within 0 to {sample_rate / 2.0} Hz")
    ends = hz_to_mel(np.array([low_hz, top]), scale)
    corners = mel_to_hz(np.linspace(ends[0], ends[1], n_mels + 2), scale)
    bins = np.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
    rising = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    falling = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if unit_area:
        filters *= (2.0 / (corners[2:] - corners[:-2]))[:, None]
    out = filters.astype(np.float32)
    out.setflags(write=False)
    return out


def log_mel(
    signal: Floats,
    sample_rate: int,
    *,
    n_fft: int,
    hop: int,
    n_mels: int,
    window_length: int | None = None,
    low_hz: float = 0.0,
    high_hz: float | None = None,
    scale: MelScale = "htk",
    unit_area: bool = False,
    power: Literal[1, 2] = 2,
    floor: float = 1e-10,
) -> Floats:
    """Natural logarithm of mel-band magnitude (``power=1``) or power (``power=2``) [frames, n_mels], not below ``log(floor)``."""
    spectrum = np.abs(stft(signal, n_fft, hop, window_length)) ** power
    bank = mel_filters(sample_rate, n_fft, n_mels, low_hz=low_hz, high_hz=high_hz, scale=scale, unit_area=unit_area)
    return np.log(np.maximum(spectrum @ bank.T, floor)).astype(np.float32)
