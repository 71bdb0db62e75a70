"""What is left of speech when linear prediction has taken the throat away: the pulses that drive it, every 10 ms, in 18 numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats, frames, hann
from safeguards.detector.features import HOP

_ORDER = 16
_LENGTH = 512  # 32 ms: two periods of a low voice
_BANDS = 4
_PAIRS = tuple((low, high) for low in range(_BANDS) for high in range(low + 1, _BANDS))
EXCITATIONS = 4 + _BANDS + len(_PAIRS) + _BANDS
_SIZE = 576  # of transforms: no less than 512 + 2 * 16
_POINTS = 128  # a band's envelope, at 4 kHz
_LAGS = slice(20, 128)  # 2.5 to 16 ms, in steps of two samples
_LITTLE = 1e-9
_BLOCK = 1000  # frames at a time, to bound memory


def excitation(scaled: Floats, count: int) -> Floats:
    """Peakiness, skewness and coherence of the residual of 16 kHz mono sound at a common level, ``[count, 18]``.

    Log kurtosis, crest of the envelope, size of the skewness, log prediction gain; for bands of 2 kHz each envelope's crest,
    how alike two bands' envelopes run, and the highest autocorrelation of the band at a pitch lag, where phases count.

    Args:
        scaled: ``[time]``.
        count: of frames.
    """
    padded = np.pad(scaled, (_LENGTH // 2 + _ORDER, _LENGTH + HOP * (count + 1)))
    pieces = frames(padded, _LENGTH + _ORDER, HOP)[:count]
    return np.concatenate([_excitation(pieces[first : first + _BLOCK]) for first in range(0, count, _BLOCK)])


def _excitation(pieces: Floats) -> Floats:
    predictors = _predictors(pieces).astype(np.float32)
    both = np.fft.rfft(pieces, _SIZE, axis=1) * np.fft.rfft(predictors, _SIZE, axis=1)
    residual = np.fft.irfft(both, _SIZE, axis=1)[:, _ORDER : _ORDER + _LENGTH]
    spread = np.sqrt((residual**2).mean(axis=1)) + _LITTLE
    even = residual / spread[:, None]
    gain = np.log(pieces.std(axis=1) + _LITTLE) - np.log(spread)
    spectrum = np.fft.rfft(even * hann(_LENGTH), axis=1)[:, : _LENGTH // 2].reshape(len(pieces), _BANDS, -1)
    envelopes = np.abs(np.fft.ifft(spectrum, _POINTS, axis=2))  # each band moved to zero
    whole = np.sqrt((envelopes**2).sum(axis=1))
    square = even**2
    parts = [
        np.stack([np.log((square**2).mean(axis=1)), _crest(whole), np.abs((square * even).mean(axis=1)), gain], axis=1),
        _crest(envelopes),
        _alike(envelopes),
        _regularity(spectrum),
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _crest(envelopes: NDArray[np.floating]) -> NDArray[np.floating]:
    place = _POINTS - 3  # all but the highest two
    high = np.partition(envelopes, place, axis=-1)[..., place]
    found: NDArray[np.floating] = np.log(high / (envelopes.mean(axis=-1) + _LITTLE) + _LITTLE)
    return found


def _alike(envelopes: NDArray[np.floating]) -> NDArray[np.floating]:
    logged = np.log(envelopes[:, :, 16:-16] + 1e-3 * envelopes.mean(axis=2, keepdims=True) + _LITTLE)
    centred = logged - logged.mean(axis=2, keepdims=True)
    centred /= np.sqrt((centred**2).mean(axis=2, keepdims=True)) + 1e-6
    return np.stack([(centred[:, low] * centred[:, high]).mean(axis=1) for low, high in _PAIRS], axis=1)


def _regularity(spectrum: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    """The window's own autocorrelation is divided out."""
    power = spectrum.real**2 + spectrum.imag**2
    correlation = np.abs(np.fft.rfft(power, _LENGTH // 2, axis=2))[
        :, :, _LAGS
    ]  # the size of a complex one of real lines
    own = np.fft.irfft(np.abs(np.fft.rfft(hann(_LENGTH), 2 * _LENGTH)) ** 2)[::2]
    share = np.sqrt(own[_LAGS] / own[0]).astype(power.dtype)
    total = power.sum(axis=2) + np.float32(_LITTLE)
    found: NDArray[np.floating] = (correlation * share).max(axis=2) / total
    return found


def _predictors(pieces: Floats) -> NDArray[np.float64]:
    """Inverse filters ``[frames, 17]`` by the autocorrelation method (Levinson and Durbin), all frames at once."""
    windowed = pieces * hann(pieces.shape[1])
    power = np.abs(np.fft.rfft(windowed, _SIZE, axis=1)) ** 2
    correlation = np.fft.irfft(power, _SIZE, axis=1)[:, : _ORDER + 1].astype(np.float64)
    correlation[:, 0] = correlation[:, 0] * 1.0001 + 1e-7
    found = np.zeros((len(pieces), _ORDER + 1))
    found[:, 0] = 1.0
    error = correlation[:, 0].copy()
    for order in range(1, _ORDER + 1):
        reflection = -(found[:, :order] * correlation[:, order:0:-1]).sum(axis=1) / error
        found[:, 1 : order + 1] += reflection[:, None] * found[:, order - 1 :: -1][:, :order]
        error *= 1.0 - reflection**2
    return found
