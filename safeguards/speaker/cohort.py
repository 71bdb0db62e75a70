"""Adaptive symmetric score normalisation (AS-norm): a cosine against how similar either side is to strangers.

Matejka et al. 2017, "Analysis of score normalization in multilingual speaker recognition". The cohort are embeddings of
LibriSpeech speakers (CC BY 4.0) whom no measure uses; noise and telephones move a recording's cohort cosines along with
its own, which takes much of their effect out. Before, the space is whitened by how one person's embeddings vary between
takes, noises and telephones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safeguards.speaker.brought import model
from safeguards.speaker.calibration import calibration
from safeguards.speaker.errors import EncoderError

COHORT_FILE = Path(__file__).parent / "cohort.safetensors"
NEAREST = 30


@dataclass(frozen=True, eq=False)
class Strangers:
    """What scores are normalised with.

    Attributes:
        embeddings: of strangers, ``[speakers, numbers]`` of unit length.
        whitening: ``[numbers, numbers]``: turns and scales the space so that one person's embeddings vary evenly in all
            directions (Hatch et al. 2006, within-class covariance normalisation).
    """

    embeddings: NDArray[np.float32]
    whitening: NDArray[np.float32]

    @cached_property
    def whitened(self) -> NDArray[np.float32]:
        """The strangers as they are compared."""
        return self.white(self.embeddings)

    def white(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings ``[rows, numbers]`` as they are compared, of unit length."""
        turned = embeddings @ self.whitening
        return np.asarray(turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def cohort() -> Strangers:
    """The cohort of the encoder that is in use.

    Raises:
        EncoderError: the file is missing or not the pinned one.
    """
    brought = model()
    return _committed() if brought is None else brought.cohort


@lru_cache(maxsize=1)
def _committed() -> Strangers:
    return read_cohort(COHORT_FILE, calibration().cohort_sha256)


def read_cohort(path: Path, sha256: str) -> Strangers:
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
    tensors = load(content)
    return Strangers(tensors["embeddings"].astype(np.float32), tensors["whitening"].astype(np.float32))


def statistics(
    embeddings: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of the ``NEAREST`` highest cosines with ``others``, each ``[rows]``; both sides whitened."""
    cosines = -np.sort(-(embeddings @ others.T), axis=1)[:, :NEAREST]
    return cosines.mean(axis=1), np.maximum(cosines.std(axis=1), 1e-3)


def normalised(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalised scores of embeddings ``[A, numbers]`` against ``[B, numbers]``: ``[A, B]``, in deviations above strangers."""
    strangers = cohort()
    white_a, white_b = strangers.white(first), strangers.white(second)
    means_a, spreads_a = statistics(white_a, strangers.whitened)
    means_b, spreads_b = statistics(white_b, strangers.whitened)
    cosines = white_a @ white_b.T
    return np.asarray(
        0.5 * ((cosines - means_a[:, None]) / spreads_a[:, None] + (cosines - means_b) / spreads_b), dtype=np.float32
    )
