"""Sound to fingerprint: patches through the projection trained by ``safeguards.fingerprint.train``.

Source of the projection: C. J. C. Burges, J. C. Platt, S. Jana, "Distortion discriminant analysis for audio fingerprinting",
IEEE Trans. Speech and Audio Processing 11 (3), 2003 (oriented principal components).
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, resample
from safeguards.fingerprint import patches
from safeguards.fingerprint.record import COMPONENTS, FIRST_S, MAX_VECTORS, FingerprintError, Record

VERSION = "opca-2"
HOP_S = 0.08
MIN_SECONDS = 0.4
_LEAST_CONTRAST, _FULL_CONTRAST = 0.4, 1.6  # nats: room noise after averaging has 0.3, speech 1.5 to 3
_WEIGHTS = Path(__file__).parent / "weights" / "opca.safetensors"
_WEIGHTS_SHA256 = "15eac7006db94342967eb4e3b583d3db826a1be5588e2aa7d5c6be9f63e9f3d4"

Projection = tuple[NDArray[np.float32], NDArray[np.float32]]


@cache
def _projection() -> Projection:
    from safetensors.numpy import load

    data = _WEIGHTS.read_bytes()
    if hashlib.sha256(data).hexdigest() != _WEIGHTS_SHA256:
        raise FingerprintError("the projection's file is not the one this version was built with")
    arrays = load(data)
    mean, matrix = arrays["mean"].astype(np.float32), arrays["projection"].astype(np.float32)
    if mean.shape != (patches.SIZE,) or matrix.shape != (patches.SIZE, COMPONENTS):
        raise FingerprintError("the projection has another shape than this version expects")
    return mean, matrix


def extract(audio: Audio) -> bytes:
    """The fingerprint of a clip, at most 4 kB; one vector each 0.08 s, further apart for clips above 13 s.

    Args:
        audio: any rate and channel count, from 0.4 s.

    Raises:
        FingerprintError: shorter than 0.4 s.
    """
    if audio.seconds < MIN_SECONDS:
        raise FingerprintError(f"a fingerprint needs at least {MIN_SECONDS} s of audio, got {audio.seconds:.2f} s")
    mono = resample(audio, patches.RATE).to_mono()
    return describe(patches.log_mel(mono)).to_bytes()


def describe(levels: patches.Floats) -> Record:
    """As ``extract``, from ``patches.log_mel``: vectors from ``FIRST_S`` after the start to ``FIRST_S`` before the end."""
    reach = len(levels) * patches.FRAME_S - 2 * FIRST_S
    hop = max(HOP_S, math.ceil(1000 * reach / (MAX_VECTORS - 1)) / 1000)
    centres = FIRST_S + hop * np.arange(max(0, math.floor(reach / hop)) + 1)
    mean, matrix = _projection()
    cut, contrast = patches.cut(levels, centres)
    vectors = (cut - mean) @ matrix
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    weights = np.clip((contrast - _LEAST_CONTRAST) / (_FULL_CONTRAST - _LEAST_CONTRAST), 0.0, 1.0)
    return Record(vectors, weights.astype(np.float32), hop)
