"""The trained arrays, checked against the digest this version was built with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint import patches
from safeguards.fingerprint.record import COMPONENTS, FingerprintError

_PATH: Final = Path(__file__).parent / "weights" / "opca.safetensors"
_SHA256: Final = "fccd89bf9577ba732641ea3e8838e7647b3ff693c89b7b3d17191f2198492a8c"

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Weights:
    """What ``safeguards.fingerprint.train`` writes.

    Attributes:
        mean: of all patches, shape ``[SIZE]``.
        projection: shape ``[SIZE, COMPONENTS]``.
        pitch_maps: first and second order change of a vector with pitch, shape ``[2, COMPONENTS, COMPONENTS]``.
    """

    mean: Floats
    projection: Floats
    pitch_maps: Floats


@cache
def weights() -> Weights:
    """Read once.

    Raises:
        FingerprintError: for a file other than the one this version was built with.
    """
    from safetensors.numpy import load

    data = _PATH.read_bytes()
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise FingerprintError("the projection's file is not the one this version was built with")
    arrays = {name: values.astype(np.float32) for name, values in load(data).items()}
    found = Weights(arrays["mean"], arrays["projection"], arrays["pitch_maps"])
    shapes = (found.mean.shape, found.projection.shape, found.pitch_maps.shape)
    if shapes != ((patches.SIZE,), (patches.SIZE, COMPONENTS), (2, COMPONENTS, COMPONENTS)):
        raise FingerprintError("the projection has another shape than this version expects")
    return found


def repitched(vectors: Floats, pitch: float) -> Floats:
    """What the vectors of a clip whose pitch is ``pitch`` times the original's would be at the original pitch; unit length."""
    if pitch == 1.0:
        return vectors
    share = np.float32(pitch - 1.0)
    first, second = weights().pitch_maps
    moved = vectors + vectors @ (share * first + share * share * second)
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6), dtype=np.float32)
