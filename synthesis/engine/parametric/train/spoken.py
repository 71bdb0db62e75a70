"""Frames as the engine would say a recording: its phones, durations and F0, with predicted spectra.

A vocoder is given predicted spectra in use, smoother than recorded ones and stretched to a speaker's variance. These are such
spectra with the recording that they stand for, sample by sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.parametric import enrolment, offsets, spectrum, vocoder
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.batches import speaker_statistics
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.renderer import BREATH_DB, always_voiced

Floats = NDArray[np.float32]

_OFFSETS_SHARE: Final = 0.5  # a speaker has one short clip here, and its offsets fit that clip better than any other


def natural(reading: Reading) -> Floats:
    """Frames of a recording as ``vocoder.FilterNet`` reads them, ``[T, 43]``."""
    return _frames(reading.cepstrum, reading.aperiodicity, reading.log_f0, reading.voiced)


def predicted(base: BaseModel, readings: Sequence[Reading]) -> list[Floats]:
    """Frames ``[T, 43]`` of each reading of one speaker, by the base network with the speaker's statistics and offsets."""
    speaker = speaker_statistics(readings)
    plain = [spectrum.predict(base.acoustic, base, take.track, take.frames, take.log_f0, speaker) for take in readings]
    table = offsets.fit(readings, plain)
    mixed = [
        replace(
            spectra,
            cepstrum=spectra.cepstrum + _OFFSETS_SHARE * spectrum.offset_frames(take.track, take.frames, table),
        )
        for take, spectra in zip(readings, plain, strict=True)
    ]
    speech = np.concatenate([take.speech for take in readings])
    made = np.concatenate([spectra.cepstrum for spectra in mixed])[speech]
    recorded = np.concatenate([take.cepstrum for take in readings])
    voiced = np.concatenate([take.voiced for take in readings]) & speech
    lacking = np.concatenate(
        [take.aperiodicity - spectra.aperiodicity for take, spectra in zip(readings, plain, strict=True)]
    )
    breath = np.float32(np.clip(np.median(lacking[voiced]) if voiced.any() else 0.0, -6.0, 6.0))
    centre, spread = made.mean(0), enrolment.spread_of(recorded[speech].var(0), made.var(0))
    loudest = np.percentile(recorded[:, 0], 99.5)
    found = []
    for take, spectra in zip(readings, mixed, strict=True):
        cepstrum = np.where(take.speech[:, None], centre + (spectra.cepstrum - centre) * spread, spectra.cepstrum)
        cepstrum[:, 0] = np.minimum(cepstrum[:, 0], loudest)
        sounding = (spectra.voicing > 0.5) & take.speech | always_voiced(take.track, take.frames)
        aperiodicity = np.minimum(spectra.aperiodicity + breath + BREATH_DB, -0.01)
        found.append(_frames(cepstrum, aperiodicity, take.log_f0, sounding))
    return found


def _frames(cepstrum: Floats, aperiodicity: Floats, log_f0: Floats, voiced: NDArray[np.bool_]) -> Floats:
    columns = (cepstrum, aperiodicity[:, None], log_f0[:, None], voiced[:, None])
    frames = np.concatenate(columns, 1).astype(np.float32)
    if frames.shape[1] != vocoder.INPUTS:
        raise ValueError(f"frames of {frames.shape[1]} numbers")
    return frames
