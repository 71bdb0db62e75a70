"""Adaptive symmetric score normalisation (AS-norm): a cosine against how similar either side is to strangers.

Matejka et al. 2017, "Analysis of score normalization in multilingual speaker recognition". The cohort are embeddings of
LibriSpeech speakers (CC BY 4.0) whom no measure uses; noise and telephones move a recording's cohort cosines along with
its own, which takes much of their effect out.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safeguards.speaker.brought import model
from safeguards.speaker.calibration import calibration
from safeguards.speaker.errors import EncoderError

COHORT_FILE = Path(__file__).parent / "cohort.safetensors"
NEAREST = 30


def cohort() -> NDArray[np.float32]:
    """Cohort embeddings ``[speakers, numbers]`` of unit length, of the encoder that is in use.

    Raises:
        EncoderError: the file is missing or not the pinned one.
    """
    brought = model()
    return _committed() if brought is None else brought.cohort


@lru_cache(maxsize=1)
def _committed() -> NDArray[np.float32]:
    return read_cohort(COHORT_FILE, calibration().cohort_sha256)


def read_cohort(path: Path, sha256: str) -> NDArray[np.float32]:
    """The cohort in a file of that digest.

    Raises:
        EncoderError: it is missing or another.
    """
    from safetensors.numpy import load

    if not path.is_file():
        raise EncoderError("the cohort of the speaker check is missing")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EncoderError("the digest of the cohort is not the pinned one")
    return np.asarray(load(content)["embeddings"], dtype=np.float32)


def statistics(
    embeddings: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of the ``NEAREST`` highest cosines with ``others``, each ``[rows]``."""
    cosines = -np.sort(-(embeddings @ others.T), axis=1)[:, :NEAREST]
    return cosines.mean(axis=1), np.maximum(cosines.std(axis=1), 1e-3)


def normalised(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalised scores of embeddings ``[A, 256]`` against ``[B, 256]``: ``[A, B]``, in deviations above strangers."""
    means_a, spreads_a = statistics(first, cohort())
    means_b, spreads_b = statistics(second, cohort())
    cosines = first @ second.T
    return np.asarray(
        0.5 * ((cosines - means_a[:, None]) / spreads_a[:, None] + (cosines - means_b) / spreads_b), dtype=np.float32
    )
