"""Whether speech comes as air carries it, or as a machine put it together again from spectra: 405 numbers of each 4 s.

Sound comes late and never early: a burst or a pulse of the voice rises within a millisecond out of what was there before, and rooms
lengthen its end alone. Whoever changes phases, or magnitudes, of short spectra and adds them up again spreads the difference over the whole
window, before an onset as well as after it. And what repeats from period to period of the voice repeats no longer as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import FRAMES_PER_SECOND, HOP, RATE

Envelopes = NDArray[np.float32]
Analytic = NDArray[np.complex64]

_WINDOW = 4 * RATE
_BANDS, _WIDTH_HZ = 8, 1000  # middles at 500, 1500, …; each falls to nothing at its neighbours' middles
_EVERY = 4  # envelopes at 4 kHz
_MS = RATE // _EVERY // 1000  # of their samples
_FLOOR_DB = -75.0  # noise put under every window, so that digital silence says nothing
_LITTLE = np.float32(1e-7)
_ACTIVE = 40  # percent of a window that is taken for its pauses
_EVENTS, _APART, _RISE = 16, 40 * _MS, 8 * _MS  # onsets of a band, how far apart they are, and how long they may take
_AROUND = tuple(ms * _MS for ms in (-32, -24, -16, -12, -8, -6, -4, -2, 2, 4, 8, 16))  # of the top of an onset
_LAGS = (2, 8, 32)  # 0.5, 2 and 8 ms
_NEIGHBOURS = (1, 3)
_PITCH_WINDOW = 800  # 50 ms
_PERIODS = (40, 250)  # samples: 64 to 400 Hz
_VOICED = 0.75
_SEEN = 25 * _MS  # of a voiced frame
_TURNS = (1, 2, 3, 4)  # periods away
_FEWEST = 8  # voiced frames
_MOST = 120


def describe_remade(samples: Floats, spoken: NDArray[np.int64]) -> Floats:
    """Statistics of stretches of up to 4 s that hold speech, ``[stretches, numbers]``; unknown where nothing is voiced (NaN).

    Args:
        samples: 16 kHz mono ``[time]``, at least half a second.
        spoken: which of its frames of 10 ms hold speech; stretches with less than half as much of it as the fullest are left out.
    """
    starts = [0] if len(samples) <= _WINDOW else [*range(0, len(samples) - _WINDOW, _WINDOW), len(samples) - _WINDOW]
    frames = [start // HOP for start in starts]
    held = np.array([((spoken >= at) & (spoken < at + _WINDOW // HOP)).sum() for at in frames])
    chosen = [start for start, share in zip(starts, held, strict=True) if share >= 0.5 * held.max()]
    return np.stack([observe_remade(samples[start : start + _WINDOW]) for start in chosen])


def observe_remade(samples: Floats) -> Floats:
    """Statistics of one stretch ``[time]``."""
    # scipy is not imported at the top: whoever imports the checks for their types pays for none of it.
    from scipy.ndimage import uniform_filter1d

    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    noise = np.random.default_rng(0).standard_normal(len(samples)) * 10.0 ** (_FLOOR_DB / 20.0)
    scaled = (samples / max(level, 1e-5) + noise).astype(np.float32)
    bands = _analytic(scaled)
    power = bands.real**2 + bands.imag**2 + _LITTLE
    logged = np.log(power)
    around = uniform_filter1d(power, 20 * _MS, axis=1, mode="nearest")
    whole = around.sum(axis=0)
    active = whole > np.percentile(whole[::_MS], _ACTIVE)
    smooth = np.log(uniform_filter1d(power, 2 * _MS, axis=1, mode="nearest"))
    nearby = np.log(around)
    parts = [
        _onsets(smooth, nearby),
        _onsets(smooth[:, ::-1], nearby[:, ::-1]),
        *_changes(logged, active),
        (nearby - uniform_filter1d(logged, 20 * _MS, axis=1, mode="nearest"))[:, active].mean(axis=1),
        _repeating(scaled, bands),
    ]
    numbers: Floats = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
    return numbers


def _analytic(scaled: Floats) -> Analytic:
    """Bands of 1 kHz around their middles, moved to zero hertz, at 4 kHz, ``[8, time / 4]``."""
    from scipy import fft

    count = len(scaled) // _EVERY
    spectrum = fft.rfft(scaled[: count * _EVERY])
    per_hertz = count * _EVERY / RATE
    half = int(_WIDTH_HZ * per_hertz)
    lines = np.arange(-half, half)
    weight = (0.5 + 0.5 * np.cos(np.pi * lines / half)).astype(np.float32)
    moved = np.zeros((_BANDS, count), dtype=np.complex64)
    for band in range(_BANDS):
        places = int((band + 0.5) * _WIDTH_HZ * per_hertz) + lines
        there = (places > 0) & (places < len(spectrum))
        moved[band, lines[there] % count] = spectrum[places[there]] * weight[there]
    found: Analytic = fft.ifft(moved, axis=1) * np.float32(2.0 / _EVERY)
    return found


def _onsets(smooth: Envelopes, nearby: Envelopes) -> NDArray[np.floating]:
    """How each band's largest rises run, on average, and how large the least, the mean and the largest of them are, ``[8, 15]``."""
    rows = []
    edge = _RISE + max(map(abs, _AROUND))
    for band, around in zip(smooth, nearby, strict=True):
        rise = band[_RISE:] - band[:-_RISE]
        rise[around[_RISE:] < np.percentile(around[::_MS], 60)] = -np.inf
        rise[:edge] = rise[len(rise) - edge :] = -np.inf
        tops, sizes = [], []
        for _ in range(_EVENTS):
            place = int(rise.argmax())
            if np.isneginf(rise[place]):
                break
            tops.append(place + _RISE)
            sizes.append(rise[place])
            rise[max(0, place - _APART) : place + _APART] = -np.inf
        if not tops:
            rows.append(np.full(len(_AROUND) + 3, np.nan))
            continue
        top = np.array(tops)
        run = [float((band[top + by] - band[top]).mean()) for by in _AROUND]
        rows.append(np.array([*run, min(sizes), np.mean(sizes), max(sizes)]))
    return np.stack(rows)


def _changes(logged: Envelopes, active: NDArray[np.bool_]) -> list[NDArray[np.floating]]:
    """Size and skewness of changes of the envelopes, and how alike those of neighbouring bands are."""
    parts: list[NDArray[np.floating]] = []
    for lag in _LAGS:
        change = (logged[:, lag:] - logged[:, :-lag])[:, active[lag // 2 : len(active) - lag + lag // 2]]
        square = change * change
        spread = np.sqrt(square.mean(axis=1))
        together = (change @ change.T) / change.shape[1] / np.outer(spread, spread)
        parts += [np.log(spread), (square * change).mean(axis=1) / spread**3]
        parts += [np.diagonal(together, apart) for apart in _NEIGHBOURS]
    return parts


def _repeating(scaled: Floats, bands: Analytic) -> NDArray[np.floating]:
    """Coherence of each band with itself one to four periods, and half a period, later: means and upper fifths; and the share that is voiced."""
    period, strength = _periods(scaled)
    last = (bands.shape[1] - _SEEN - max(_TURNS) * _PERIODS[1] // _EVERY - 2) // (HOP // _EVERY)
    voiced = np.flatnonzero(strength[: max(last, 0)] > _VOICED)
    share = len(voiced) / max(len(strength), 1)
    if len(voiced) < _FEWEST:
        return np.append(np.full(_BANDS * (2 * len(_TURNS) + 1), np.nan), share)
    voiced = voiced[:: 1 + len(voiced) // _MOST]
    places = voiced[:, None] * (HOP // _EVERY) + (_PITCH_WINDOW - _SEEN * _EVERY) // 2 // _EVERY + np.arange(_SEEN)
    here = bands[:, places]

    def coherence(lag: NDArray[np.int64]) -> NDArray[np.floating]:
        there = bands[:, places + lag[:, None]]
        joint = np.abs((here * there.conj()).sum(axis=2))
        found: NDArray[np.floating] = joint / np.sqrt(
            (np.abs(here) ** 2).sum(axis=2) * (np.abs(there) ** 2).sum(axis=2) + _LITTLE
        )
        return found

    parts = []
    for turn in _TURNS:
        lag = np.round(turn * period[voiced] / _EVERY).astype(np.int64)
        best = np.max([coherence(lag + by) for by in (-1, 0, 1)], axis=0)
        parts += [best.mean(axis=1), np.percentile(best, 80, axis=1)]
    parts.append(coherence(np.round(period[voiced] / 2 / _EVERY).astype(np.int64)).mean(axis=1))
    return np.append(np.concatenate(parts), share)


def _periods(scaled: Floats) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Period in samples of each frame of 10 ms, and how strongly it repeats, in louder frames; by autocorrelation over 50 ms."""
    from scipy import fft
    from scipy.signal import butter, sosfiltfilt

    low = sosfiltfilt(butter(3, [60.0, 900.0], "bandpass", fs=RATE, output="sos"), scaled).astype(np.float32)
    if len(low) < _PITCH_WINDOW:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    pieces = np.lib.stride_tricks.sliding_window_view(low, _PITCH_WINDOW)[:: RATE // FRAMES_PER_SECOND]
    window = np.hanning(_PITCH_WINDOW).astype(np.float32)

    def correlation(values: NDArray[np.floating]) -> NDArray[np.floating]:
        lines = fft.rfft(values, 2 * _PITCH_WINDOW)
        found: NDArray[np.floating] = fft.irfft(lines.real**2 + lines.imag**2)[..., : _PERIODS[1] + 1]
        return found

    own = correlation(window)
    alike = correlation(pieces * window)
    alike = alike / (alike[:, :1] + _LITTLE) / (own / own[0])
    inner = alike[:, _PERIODS[0] : _PERIODS[1]]
    strength = inner.max(axis=1)
    peak = (inner >= alike[:, _PERIODS[0] - 1 : _PERIODS[1] - 1]) & (inner >= alike[:, _PERIODS[0] + 1 :])
    peak &= inner >= 0.9 * strength[:, None]  # the first of equals, so that a period is not taken for two
    period = np.where(peak.any(axis=1), peak.argmax(axis=1), inner.argmax(axis=1)) + _PERIODS[0]
    level = np.mean(pieces**2, axis=1)
    strength = np.where(level > np.median(level), strength, 0.0)
    return period, strength
