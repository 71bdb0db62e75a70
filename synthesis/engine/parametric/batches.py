"""Readings as batches for the acoustic network, in training and in adaptation alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthesis.engine.parametric import mcep
from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.acoustic import CEPSTRUM, FRAME_FEATURES, SPEAKER_SIZE
from synthesis.engine.parametric.reading import Reading

Floats = NDArray[np.float32]

WARPS: Final = tuple(round(0.02 * step, 2) for step in range(-4, 5))
_F0_MEAN, _F0_STD = 3 * CEPSTRUM, 3 * CEPSTRUM + 1
_STATISTICS_FROM: Final = 6  # readings
_PHONES_TOGETHER: Final = 16


@dataclass(frozen=True)
class Normaliser:
    """Means and deviations of cepstra ``[40]`` and of speaker statistics ``[123]`` over the training speakers."""

    mean: Floats
    deviation: Floats
    speaker_mean: Floats
    speaker_deviation: Floats

    def speaker(self, statistics: Floats) -> Floats:
        """Normalised speaker statistics."""
        return (statistics - self.speaker_mean) / self.speaker_deviation


class Batch(NamedTuple):
    """Tensors of one training step; shapes as ``AcousticNet.forward`` and ``acoustic.loss`` name them."""

    phone: Tensor
    stress: Tensor
    frame_phone: Tensor
    frames: Tensor
    speaker: Tensor
    cepstrum: Tensor
    aperiodicity: Tensor
    voiced: Tensor
    mask: Tensor


def speaker_statistics(readings: Sequence[Reading], warp: Floats | None = None) -> Floats:
    """Long-term statistics of one speaker, ``[123]``.

    Cepstral means of voiced and of unvoiced speech, deviations of voiced speech, median and deviation of log-F0, and a
    place that is kept at zero. ``warp`` is a matrix applied to the cepstra first.
    """
    cepstrum = np.concatenate([reading.cepstrum for reading in readings])
    if warp is not None:
        cepstrum = cepstrum @ warp.T
    speech = np.concatenate([reading.speech for reading in readings])
    voiced = np.concatenate([reading.voiced for reading in readings]) & speech
    unvoiced = ~voiced & speech
    log_f0 = np.concatenate([reading.log_f0 for reading in readings])
    if voiced.sum() < 10 or unvoiced.sum() < 10:
        voiced = unvoiced = np.ones_like(speech)
    median = np.median(log_f0[voiced])
    near = voiced & (np.abs(log_f0 - median) < 0.6)  # octave errors stay out of the deviation
    parts = [cepstrum[voiced].mean(0), cepstrum[unvoiced].mean(0), cepstrum[voiced].std(0)]
    return np.concatenate([*parts, [median, log_f0[near].std() if near.any() else 0.2, 0.0]]).astype(np.float32)


def frame_inputs(frames: NDArray[np.int64], log_f0: Floats, speaker: Floats) -> Floats:
    """Inputs of the network at each frame, ``[5, T]``.

    Position in the phone from the left and from the right, log duration, F0 relative to the speaker and absolute.
    """
    index = np.repeat(np.arange(len(frames)), frames)
    start = np.cumsum(frames) - frames
    duration = np.maximum(frames[index], 1)
    position = (np.arange(len(index)) - start[index] + 0.5) / duration
    relative = np.clip((log_f0 - speaker[_F0_MEAN]) / max(float(speaker[_F0_STD]), 0.05), -3, 3)
    rows = (position, 1 - position, np.log(duration) - 2, relative, (log_f0 - 5) * 2)
    return np.stack(rows).astype(np.float32)


class Sampler:
    """Draws batches: speaker first, then reading, then a window; so that speakers count alike.

    Args:
        speakers: readings of each speaker.
        normaliser: of the base model.
        weights: how often each speaker is drawn; equal when None.
    """

    def __init__(
        self,
        speakers: Sequence[Sequence[Reading]],
        normaliser: Normaliser,
        weights: Sequence[float] | None = None,
    ) -> None:
        self._speakers = speakers
        self._normaliser = normaliser
        share = np.ones(len(speakers)) if weights is None else np.asarray(weights, dtype=np.float64)
        self._share = share / share.sum()
        self._statistics: dict[tuple[int, float], Floats] = {}

    def _speaker_statistics(self, speaker: int, warp: float) -> Floats:
        key = (speaker, warp)
        if key not in self._statistics:
            matrix = mcep.warp_matrix(warp) if warp else None
            self._statistics[key] = speaker_statistics(self._speakers[speaker][:_STATISTICS_FROM], matrix)
        return self._statistics[key]

    def draw(self, rng: np.random.Generator, size: int, length: int, *, augment: bool) -> Batch:
        """A batch of ``size`` windows of at most ``length`` frames.

        ``augment`` warps some vocal tracts and shifts their F0 with them, speaker statistics included.
        """
        return collate([self._window(rng, length, augment=augment) for _ in range(size)])

    def _window(self, rng: np.random.Generator, length: int, *, augment: bool) -> tuple[NDArray[np.generic], ...]:
        speaker = int(rng.choice(len(self._speakers), p=self._share))
        reading = self._speakers[speaker][int(rng.integers(len(self._speakers[speaker])))]
        warp = float(rng.choice(WARPS)) if augment and rng.random() < 0.6 else 0.0
        statistics = self._speaker_statistics(speaker, warp)
        cepstrum, log_f0 = reading.cepstrum, reading.log_f0
        if warp:
            shift = np.float32(rng.uniform(-0.12, 0.12) + warp)  # short tracts have high voices
            cepstrum, log_f0 = cepstrum @ mcep.warp_matrix(warp).T, log_f0 + shift
            statistics = statistics.copy()
            statistics[_F0_MEAN] += shift
        total = len(log_f0)
        begin = int(rng.integers(max(1, total - length + 1)))
        end = min(total, begin + length)
        index = reading.frame_phone[begin:end]
        first, last = max(0, index[0] - 3), min(len(reading.frames), index[-1] + 4)
        norm = self._normaliser
        return (
            reading.track.phone[first:last],
            reading.track.stress[first:last],
            index - first,
            frame_inputs(reading.frames, log_f0, statistics)[:, begin:end],
            norm.speaker(statistics),
            ((cepstrum[begin:end] - norm.mean) / norm.deviation).T,
            reading.aperiodicity[begin:end] / 10,
            reading.voiced[begin:end],
        )


def collate(windows: Sequence[tuple[NDArray[np.generic], ...]]) -> Batch:
    """Pad windows to a batch."""
    size = len(windows)
    # Convolutions are compiled and kept for each shape, some 30 MB of them for all counts of phones that turn up.
    phones = _PHONES_TOGETHER * -(-max(len(window[0]) for window in windows) // _PHONES_TOGETHER)
    length = max(len(window[2]) for window in windows)
    phone = torch.full((size, phones), ph.PHONE_ID[ph.SILENCE])
    stress, index = torch.zeros((size, phones), dtype=torch.long), torch.zeros((size, length), dtype=torch.long)
    frames, cepstrum = torch.zeros(size, FRAME_FEATURES, length), torch.zeros(size, CEPSTRUM, length)
    speaker = torch.zeros(size, SPEAKER_SIZE)
    aperiodicity, voiced, mask = torch.zeros(size, length), torch.zeros(size, length), torch.zeros(size, length)
    for row, (p, s, i, f, z, c, a, v) in enumerate(windows):
        n = len(i)
        phone[row, : len(p)], stress[row, : len(s)] = torch.from_numpy(p), torch.from_numpy(s)
        index[row, :n], frames[row, :, :n] = torch.from_numpy(i), torch.from_numpy(f)
        speaker[row], cepstrum[row, :, :n] = torch.from_numpy(z), torch.from_numpy(np.ascontiguousarray(c))
        aperiodicity[row, :n], voiced[row, :n] = torch.from_numpy(a), torch.from_numpy(v.astype(np.float32))
        mask[row, :n] = 1.0
    return Batch(phone, stress, index, frames, speaker, cepstrum, aperiodicity, voiced, mask)
