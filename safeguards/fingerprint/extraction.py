"""Sound to fingerprint: patches through the projection trained by ``safeguards.fingerprint.train``.

Source of the projection: C. J. C. Burges, J. C. Platt, S. Jana, "Distortion discriminant analysis for audio fingerprinting",
IEEE Trans. Speech and Audio Processing 11 (3), 2003 (oriented principal components).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, resample
from safeguards.fingerprint import patches
from safeguards.fingerprint.record import COMPONENTS, MAX_VECTORS, FingerprintError, Record

VERSION = "opca-1"
HOP_S = 0.25
MIN_SECONDS = 0.4
_WEIGHTS = Path(__file__).parent / "weights" / "opca.safetensors"
_WEIGHTS_SHA256 = "9eb5ab1dac22e2d37041f8ec4b643968d39d98874eec7bbf38565bf4e9903f2e"


@cache
def _projection() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
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
    """The fingerprint of a clip, at most 4 kB; one vector each 0.25 s, further apart for clips above 31 s.

    Args:
        audio: any rate and channel count, from 0.4 s.

    Raises:
        FingerprintError: shorter than 0.4 s.
    """
    if audio.seconds < MIN_SECONDS:
        raise FingerprintError(f"a fingerprint needs at least {MIN_SECONDS} s of audio, got {audio.seconds:.2f} s")
    mono = resample(audio, patches.RATE).to_mono()
    hop = max(HOP_S, np.ceil(audio.seconds / MAX_VECTORS * 1000) / 1000)
    centres = np.arange(hop / 2, audio.seconds, hop)[:MAX_VECTORS]
    mean, matrix = _projection()
    vectors = (patches.cut(patches.log_mel(mono), centres) - mean) @ matrix
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return Record((vectors / np.maximum(norms, 1e-6)).astype(np.float32), float(hop)).to_bytes()
