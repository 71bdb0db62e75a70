"""Spectra of a phrase in a voice: the adapted network and the base network with offsets, mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from synthesis.engine.parametric import smoothing
from synthesis.engine.parametric.acoustic import CEPSTRUM, AcousticNet
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.batches import frame_inputs
from synthesis.engine.parametric.track import PhoneTrack

Floats = NDArray[np.float32]

_OFFSET_SMOOTHING: Final = 2.0  # frames of 10 ms


@dataclass(frozen=True)
class Spectra:
    """Frames 10 ms apart: cepstra ``[T, 40]``, aperiodicity in dB ``[T]``, probability of voicing ``[T]``."""

    cepstrum: Floats
    aperiodicity: Floats
    voicing: Floats


def predict(
    net: AcousticNet,
    base: BaseModel,
    track: PhoneTrack,
    frames: NDArray[np.int64],
    log_f0: Floats,
    speaker: Floats,
) -> Spectra:
    """What ``net`` says of a track with durations ``frames`` ``[P]`` and ``log_f0`` ``[T]``."""
    norm = base.normaliser
    index = np.repeat(np.arange(len(frames)), frames)
    with torch.inference_mode():
        out = net(
            torch.from_numpy(track.phone)[None],
            torch.from_numpy(track.stress)[None],
            torch.from_numpy(index)[None],
            torch.from_numpy(frame_inputs(frames, log_f0, speaker))[None],
            torch.from_numpy(norm.speaker(speaker))[None],
        )[0].T.numpy()
    voicing = 1.0 / (1.0 + np.exp(-np.clip(out[:, CEPSTRUM + 1], -30, 30)))
    cepstrum = out[:, :CEPSTRUM] * norm.deviation + norm.mean
    return Spectra(cepstrum, out[:, CEPSTRUM] * 10, voicing.astype(np.float32))


def thirds(frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """Third of its phone that each frame lies in, ``[T]``."""
    index = np.repeat(np.arange(len(frames)), frames)
    start = np.cumsum(frames) - frames
    return np.asarray(np.minimum(3 * (np.arange(len(index)) - start[index]) // np.maximum(frames[index], 1), 2))


def offset_frames(track: PhoneTrack, frames: NDArray[np.int64], offsets: Floats) -> Floats:
    """Offsets ``[40, 3, 40]`` by phone and third, laid over the frames and smoothed, ``[T, 40]``."""
    phone = np.repeat(track.phone, frames)
    return np.asarray(smoothing.gaussian(offsets[phone, thirds(frames)], _OFFSET_SMOOTHING), dtype=np.float32)


def mix(plain: Spectra, offsets: Floats, adapted: Spectra | None, closeness: float) -> Spectra:
    """``closeness`` of the adapted network, the rest of the base network with ``offsets`` ``[T, 40]`` added."""
    shifted = plain.cepstrum + offsets
    if adapted is None:
        return Spectra(shifted, plain.aperiodicity, plain.voicing)
    share = np.float32(closeness)
    return Spectra(
        share * adapted.cepstrum + (1 - share) * shifted,
        share * adapted.aperiodicity + (1 - share) * plain.aperiodicity,
        share * adapted.voicing + (1 - share) * plain.voicing,
    )
