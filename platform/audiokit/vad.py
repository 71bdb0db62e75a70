"""Where somebody speaks: an energy and spectrum detector above an adaptive noise floor.

Each 10 ms frame is compared, in mel bands, with the noise that its surroundings leave in that band. What stands out for long
enough, is loud enough beside the loudest speech, and is voiced somewhere near, is a speech span. It works from about 5 dB
signal-to-noise ratio in steady noise. Voices of animals, music, engines and ringing knocks (rain on a roof, a ticking clock) are
not told from speech.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.audio import Audio
from audiokit.features import Floats, frames, hann, mel_filters
from audiokit.resample import resample

Spans = list[tuple[float, float]]

_RATE = 16_000
_HOP = 160
_HOP_S = _HOP / _RATE
_FFT = 512
_BANDS = 24
_LOW_HZ, _HIGH_HZ = 100.0, 7000.0
_POWER_FLOOR = 1e-9  # mean square 90 dB below full scale: quieter sound is silence

_NOISE_QUANTILE = 0.1
_NOISE_WINDOW = 400  # frames
_NOISE_STRIDE = 10

_PROMINENT = 4
_ENTER_DB, _STAY_DB = 6.0, 4.0
_RANGE_DB = 35.0
_CLOSE_GAP, _MIN_SPAN, _PAD = 20, 10, 1  # frames
_MIN_VOICED, _VOICE_REACH = 4, 30  # frames
_VOICED = 0.5
_PITCH_HZ = (60.0, 400.0)
_PITCH_FRAME = 640
_PITCH_BLOCK = 1000  # frames
_VOICE_BAND_HZ = (100.0, 1500.0)


def speech_spans(audio: Audio) -> Spans:
    """Spans of speech as (start, end) in seconds: ascending, disjoint, pauses up to 200 ms included."""
    signal = working_signal(audio)
    mask = speech_mask(signal)
    end = len(signal) / _RATE
    return [(start * _HOP_S, min(stop * _HOP_S, end)) for start, stop in _runs(mask)]


def net_speech_seconds(audio: Audio) -> float:
    """Seconds of speech, without pauses longer than 200 ms."""
    return float(sum(stop - start for start, stop in speech_spans(audio)))


def speech_mask(signal: Floats) -> NDArray[np.bool_]:
    """Speech decision for each 10 ms of a mono 16 kHz ``signal`` [time]; frame t is centred on sample 160 t + 80."""
    count = -(-len(signal) // _HOP)
    if not count:
        return np.zeros(0, bool)
    power = _band_power(signal, count)
    excess = _excess_db(power)
    level = 10.0 * np.log10(np.maximum(power.sum(axis=1), _POWER_FLOOR))
    audible = level > max(float(np.percentile(level, 95)) - _RANGE_DB, 10.0 * np.log10(_POWER_FLOOR) + 10.0)
    mask = _hysteresis(excess, audible)
    mask &= _dilate(_drop_short(_voiced(signal, count), _MIN_VOICED), _VOICE_REACH)
    mask = _drop_short(mask, _MIN_SPAN)
    return _close_gaps(_dilate(mask, _PAD), _CLOSE_GAP)


def frame_power(signal: Floats) -> NDArray[np.float64]:
    """Mean square between 100 Hz and 7 kHz of each frame that ``speech_mask`` decides on."""
    return np.asarray(_band_power(signal, -(-len(signal) // _HOP)).sum(axis=1))


def working_signal(audio: Audio) -> Floats:
    """Mono at 16 kHz [time]."""
    return resample(Audio.mono(audio.to_mono(), audio.sample_rate), _RATE).to_mono()


def _band_power(signal: Floats, count: int) -> NDArray[np.float64]:
    """Mean square per mel band [count, bands]; their sum is about the frame's mean square."""
    padded = np.pad(signal, (_FFT // 2 - _HOP // 2, _FFT + _HOP))
    window = hann(_FFT)
    spectrum = np.abs(np.fft.rfft(frames(padded, _FFT, _HOP)[:count] * window, axis=1)) ** 2
    scale = 2.0 / (_FFT * float((window**2).sum()))
    bank = mel_filters(_RATE, _FFT, _BANDS, low_hz=_LOW_HZ, high_hz=_HIGH_HZ)
    return np.asarray(spectrum @ bank.T * scale, np.float64)


def _excess_db(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each frame's four most prominent bands stand above the noise floor, in decibels, smoothed over nine frames."""
    smooth = _moving_average(power, 5)
    ratio = smooth / np.maximum(_noise_floor(smooth), _POWER_FLOOR / _BANDS)
    prominent = np.sort(10.0 * np.log10(np.maximum(ratio, 1.0)), axis=1)[:, -_PROMINENT:]
    return _moving_average(prominent.mean(axis=1, keepdims=True), 9)[:, 0]


def _noise_floor(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """A low quantile of each band over four seconds around each frame: speech leaves every band now and then."""
    count = len(power)
    centres = range(0, count, _NOISE_STRIDE)
    half = _NOISE_WINDOW // 2
    floor = np.empty((len(centres), power.shape[1]))
    for index, centre in enumerate(centres):
        # Near an end the window keeps its length and leans inwards.
        start = max(0, min(centre - half, count - _NOISE_WINDOW))
        floor[index] = np.quantile(power[start : start + _NOISE_WINDOW], _NOISE_QUANTILE, axis=0)
    return floor[np.arange(count) // _NOISE_STRIDE]


def _voiced(signal: Floats, count: int) -> NDArray[np.bool_]:
    """Frames whose autocorrelation, divided by the window's own (Boersma 1993), has a peak above 0.5 at a speaker's pitch."""
    padded = np.pad(signal, (_PITCH_FRAME // 2 - _HOP // 2, _PITCH_FRAME + _HOP))
    pieces = frames(padded, _PITCH_FRAME, _HOP)[:count]
    out = np.zeros(count, bool)
    # By blocks, so that an hour of sound does not need gigabytes.
    for start in range(0, count, _PITCH_BLOCK):
        out[start : start + _PITCH_BLOCK] = _has_pitch(pieces[start : start + _PITCH_BLOCK])
    return out


def _has_pitch(pieces: Floats) -> NDArray[np.bool_]:
    """The decision of ``_voiced`` for frames [count, length]."""
    window = hann(_PITCH_FRAME)
    centred = (pieces - pieces.mean(axis=1, keepdims=True)) * window
    spectrum = np.abs(np.fft.rfft(centred, 2 * _PITCH_FRAME, axis=1)) ** 2
    # Rumble and hum lie below the band, noise hides the harmonics above it.
    bin_hz = _RATE / (2 * _PITCH_FRAME)
    spectrum[:, : round(_VOICE_BAND_HZ[0] / bin_hz)] = 0.0
    spectrum[:, round(_VOICE_BAND_HZ[1] / bin_hz) :] = 0.0
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * _PITCH_FRAME)) ** 2)
    shortest, longest = int(_RATE / _PITCH_HZ[1]), int(_RATE / _PITCH_HZ[0])
    correlation = np.fft.irfft(spectrum, axis=1)[:, : longest + 2]
    correlation = correlation / own[: longest + 2] / np.maximum(correlation[:, :1] / own[0], 1e-12)
    inner = correlation[:, shortest : longest + 1]
    # The slope down from lag zero is no pitch: only a local maximum counts.
    peak = (inner > correlation[:, shortest - 1 : longest]) & (inner >= correlation[:, shortest + 1 : longest + 2])
    return np.asarray((peak & (inner > _VOICED)).any(axis=1))


def _moving_average(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Centred mean over ``width`` (odd) rows, shorter at the ends."""
    half = width // 2
    sums = np.cumsum(np.pad(values, ((1, 0), (0, 0))), axis=0)
    index = np.arange(len(values))
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(values))
    means: NDArray[np.float64] = (sums[high] - sums[low]) / (high - low)[:, None]
    return means


def _hysteresis(excess: NDArray[np.float64], audible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Runs above the lower threshold that reach the upper one."""
    mask = (excess > _STAY_DB) & audible
    for start, stop in _runs(mask):
        if excess[start:stop].max() <= _ENTER_DB:
            mask[start:stop] = False
    return mask


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(start, stop) of each run of True."""
    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _drop_short(mask: NDArray[np.bool_], shortest: int) -> NDArray[np.bool_]:
    """Clear runs of True of fewer than ``shortest`` frames."""
    out = mask.copy()
    for start, stop in _runs(mask):
        if stop - start < shortest:
            out[start:stop] = False
    return out


def _dilate(mask: NDArray[np.bool_], frames_each_side: int) -> NDArray[np.bool_]:
    out = mask.copy()
    for start, stop in _runs(mask):
        out[max(0, start - frames_each_side) : stop + frames_each_side] = True
    return out


def _close_gaps(mask: NDArray[np.bool_], longest: int) -> NDArray[np.bool_]:
    """Fill runs of False, between two of True, of at most ``longest`` frames."""
    out = mask.copy()
    for (_, stop), (start, _) in zip(_runs(mask)[:-1], _runs(mask)[1:], strict=True):
        if start - stop <= longest:
            out[stop:start] = True
    return out
