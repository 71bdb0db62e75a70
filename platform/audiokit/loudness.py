"""How loud, how clean, how clipped: programme loudness, true peak, signal-to-noise ratio, clipping."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from audiokit import vad
from audiokit.audio import Audio
from audiokit.resample import resample

SILENCE_LUFS = -math.inf

_BLOCK_S, _STEP_S = 0.4, 0.1
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_OFFSET_LUFS = -0.691  # makes a 997 Hz full-scale sine in one front channel read -3.01
_OVERSAMPLING = 4
_SNR_RANGE_DB = (-20.0, 80.0)
_SNR_GUARD = 10  # frames of 10 ms


def integrated_lufs(audio: Audio) -> float:
    """Integrated loudness by ITU-R BS.1770-4: K weighting, 400 ms blocks at 75 % overlap, gates at -70 LUFS and 10 LU below the mean.

    All channels count alike, as front channels do. Sound shorter than 400 ms is one block. Silence is ``-inf``.
    """
    power = _block_power(_k_weighted(audio), audio.sample_rate)
    power = power[_lufs(power) > _ABSOLUTE_GATE_LUFS]
    if not power.size:
        return SILENCE_LUFS
    gate = float(_lufs(power.mean(keepdims=True))[0]) + _RELATIVE_GATE_LU
    return float(_lufs(power[_lufs(power) > gate].mean(keepdims=True))[0])


def true_peak_db(audio: Audio) -> float:
    """Highest level between samples in dBTP, by fourfold oversampling (BS.1770-4 annex 2); ``-inf`` for silence."""
    if not audio.samples.size:
        return -math.inf
    peak = max(
        float(np.abs(audio.samples).max()),
        float(np.abs(resample(audio, audio.sample_rate * _OVERSAMPLING).samples).max()),
    )
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf


def normalise(audio: Audio, lufs: float = -23.0, *, max_true_peak_db: float = -1.0) -> Audio:
    """Scale to ``lufs``, or to less where the true peak would pass ``max_true_peak_db``.

    One factor for the whole sound: nothing is compressed, so a peaky recording stays below the target. Silence is returned as it is.
    """
    loudness = integrated_lufs(audio)
    if not math.isfinite(loudness):
        return audio
    gain_db = min(lufs - loudness, max_true_peak_db - true_peak_db(audio))
    return Audio((audio.samples * np.float32(10.0 ** (gain_db / 20.0))).astype(np.float32), audio.sample_rate)


def clipping_share(audio: Audio) -> float:
    """Share of samples, in [0, 1], that are at full scale or on a flat top: three or more in a row within one 16-bit step of the peak."""
    if not audio.samples.size:
        return 0.0
    step = 1.0 / 32768.0
    peak = float(np.abs(audio.samples).max())
    if peak < 0.05:
        return 0.0
    clipped = 0
    for channel in audio.samples:
        flat = np.zeros(channel.shape[0], bool)
        for side in (channel, -channel):
            at_top = side >= peak - step
            runs = at_top[:-2] & at_top[1:-1] & at_top[2:]
            for offset in range(3):
                flat[offset : offset + runs.shape[0]] |= runs
        flat |= np.abs(channel) >= 1.0 - step
        clipped += int(flat.sum())
    return clipped / audio.samples.size


def estimate_snr_db(audio: Audio) -> float:
    """Signal-to-noise ratio between 100 Hz and 7 kHz: speech spans against what lies between them.

    Noise is the median power of frames at least 100 ms from speech, or the quietest twentieth where speech leaves none.

    Returns:
        Decibels from -20 (also: no speech found) to 80 (also: digital silence between words).
    """
    signal = vad.working_signal(audio)
    power, speech = vad.frame_power(signal), vad.speech_mask(signal)
    if not speech.any():
        return _SNR_RANGE_DB[0]
    near = np.convolve(speech, np.ones(2 * _SNR_GUARD + 1), mode="same") > 0.5
    noise = float(np.median(power[~near])) if (~near).sum() >= _SNR_GUARD else float(np.quantile(power, 0.05))
    ratio = (float(power[speech].mean()) - noise) / max(noise, 1e-12)
    return float(np.clip(10.0 * math.log10(max(ratio, 1e-3)), *_SNR_RANGE_DB))


def _k_weighted(audio: Audio) -> NDArray[np.float64]:
    """BS.1770-4 annex 1 pre-filter and RLB filter, redesigned for the rate at hand from their analogue prototypes."""
    from scipy.signal import lfilter

    out: NDArray[np.float64] = audio.samples.astype(np.float64)
    for b, a in (_head_shelf(audio.sample_rate), _low_cut(audio.sample_rate)):
        filtered: NDArray[np.float64] = lfilter(b, a, out, axis=1)
        out = filtered
    return out


def _head_shelf(sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """High shelf of +4 dB above 1.7 kHz. Constants reproduce the recommendation's table 1 at 48 kHz (Mansbridge et al., AES 132, 2012)."""
    k = math.tan(math.pi * 1681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    norm = 1.0 + k / q + k * k
    b = np.array([high + band * k / q + k * k, 2.0 * (k * k - high), high - band * k / q + k * k]) / norm
    return b, np.array([1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm])


def _low_cut(sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """High pass at 38 Hz (table 2); the recommendation leaves its numerator unscaled at 1, -2, 1."""
    k = math.tan(math.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    norm = 1.0 + k / q + k * k
    return np.array([1.0, -2.0, 1.0]), np.array([1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm])


def _block_power(weighted: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Mean square of each gating block, summed over channels [blocks]."""
    length = min(round(_BLOCK_S * sample_rate), weighted.shape[1])
    if not length:
        return np.empty(0)
    hop = max(1, round(_STEP_S * sample_rate))
    sums = np.cumsum(np.pad((weighted**2).sum(axis=0), (1, 0)))
    starts = np.arange(0, weighted.shape[1] - length + 1, hop)
    power: NDArray[np.float64] = np.maximum(sums[starts + length] - sums[starts], 0.0) / length
    return power


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loudness of mean squares."""
    return _OFFSET_LUFS + 10.0 * np.log10(np.maximum(power, 1e-30))
