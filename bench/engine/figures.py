"""From clips to figures: similarity, rank, acceptance, word errors, with intervals over owners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from bench.engine.encoder import embed, unit

Floats = NDArray[np.float32]


def centroid(audios: Sequence[Audio]) -> Floats:
    """Mean embedding of several clips at unit length, ``[256]``."""
    return unit(np.mean([embed(audio) for audio in audios], axis=0))


@dataclass(frozen=True)
class Reference:
    """What similarity means here: real speech of the same person, and of others."""

    same: list[float]
    strangers: Floats

    @property
    def threshold(self) -> float:
        """Similarity that one stranger in a hundred reaches."""
        return float(np.percentile(self.strangers, 99))


@dataclass(frozen=True)
class OwnerFigures:
    """One owner's clones."""

    name: str
    enrolled_seconds: float
    cosine: list[float]
    first: list[bool]
    accepted: list[bool]
    word_errors: int
    words: int
    dnsmos: list[float]
    enrol_cpu_s: float
    rtf: float
    first_sound_s: float
    voice_bytes: int


def interval(per_owner: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """Mean and 95 % bootstrap interval over owners."""
    values = np.asarray(per_owner, dtype=np.float64)
    draws = np.random.default_rng(seed).choice(values, (4000, len(values))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def summary(owners: Sequence[OwnerFigures]) -> dict[str, tuple[float, float, float]]:
    """Mean and interval over owners of each figure."""
    table = {
        "cosine": [float(np.mean(owner.cosine)) for owner in owners],
        "rank-1": [float(np.mean(owner.first)) for owner in owners],
        "above FAR 1 %": [float(np.mean(owner.accepted)) for owner in owners],
        "WER": [owner.word_errors / owner.words for owner in owners],
        "enrolment, CPU s": [owner.enrol_cpu_s for owner in owners],
        "RTF, one core": [owner.rtf for owner in owners],
        "first sound, CPU s": [owner.first_sound_s for owner in owners],
        "voice, kB": [owner.voice_bytes / 1000 for owner in owners],
    }
    if all(owner.dnsmos for owner in owners):
        table["DNSMOS overall"] = [float(np.mean(owner.dnsmos)) for owner in owners]
    return {name: interval(values) for name, values in table.items()}
