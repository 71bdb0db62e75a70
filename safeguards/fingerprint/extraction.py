"""Sound to fingerprint: patches through the projection trained by ``safeguards.fingerprint.train``.

Source of the projection: C. J. C. Burges, J. C. Platt, S. Jana, "Distortion discriminant analysis for audio fingerprinting",
IEEE Trans. Speech and Audio Processing 11 (3), 2003 (oriented principal components).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Final

import numpy as np

from audiokit import Audio, resample
from safeguards.fingerprint import patches
from safeguards.fingerprint.record import FIRST_S, MAX_VECTORS, FingerprintError, Record
from safeguards.fingerprint.trained import weights

VERSION: Final[str] = json.loads(Path(__file__).with_name("version.json").read_text(encoding="utf-8"))["version"]
"""What ``measured.json`` beside it is about, see ``safeguards.measured``."""
HOP_S = 0.04
MIN_SECONDS = 0.4
_LEAST_CONTRAST, _FULL_CONTRAST = (
    0.2,
    0.7,
)  # nats: pauses of training speakers have 0.1 to 0.3, nine tenths of speech over 0.85


def extract(audio: Audio) -> bytes:
    """The fingerprint of a clip, at most 4 kB; one vector each 0.04 s, further apart for clips above 6.8 s.

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
    trained = weights()
    cut, contrast = patches.cut(levels, centres)
    projected = (cut - trained.mean) @ trained.projection
    vectors = (projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-6)).astype(np.float32)
    counts = np.clip((contrast - _LEAST_CONTRAST) / (_FULL_CONTRAST - _LEAST_CONTRAST), 0.0, 1.0)
    return Record(vectors, counts.astype(np.float32), hop)
