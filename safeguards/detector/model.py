"""A committed model: a perceptron over window statistics, in safetensors whose digest the card beside it pins."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import FRAMES_PER_SECOND, RATE, observe, spoken_frames
from safeguards.detector.statistics import describe, windows

_MOST_BYTES = 2_000_000
_CLIP = 5.0
_LAYERS = 3


class ModelError(Exception):
    """Weights are missing, too large, or not the file whose digest is pinned."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is committed beside the weights.

    Attributes:
        version: goes into every evidence.
        sha256: digest of the weights.
        centred: whether each band's mean is removed.
        slope, offset: calibrated log odds = offset + slope * network output.
        synthetic_above, genuine_below: calibrated log odds outside of which a verdict is given.
    """

    version: str
    sha256: str
    centred: bool
    slope: float
    offset: float
    synthetic_above: float
    genuine_below: float


@dataclass(frozen=True, eq=False)
class Windows:
    """Raw output per 2.5 s window, ``[windows]``, and where each lies in the recording, in seconds."""

    outputs: NDArray[np.float32]
    spans: tuple[tuple[float, float], ...]
    spoken_seconds: float


class Model:
    """A perceptron with its card.

    Args:
        weights: path of the ``.safetensors`` file; the card is the ``.json`` of the same name.

    Raises:
        ModelError: see the class.
    """

    def __init__(self, weights: Path) -> None:
        from safetensors.numpy import load as load_tensors

        self.card = Card(**json.loads(weights.with_suffix(".json").read_text(encoding="utf-8")))
        if not weights.is_file() or weights.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{weights.name} is missing or larger than {_MOST_BYTES} bytes")
        content = weights.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.card.sha256:
            raise ModelError(f"the digest of {weights.name} is not the pinned one")
        self._tensors = load_tensors(content)

    def run(self, samples: Floats, *, pauses: bool = False) -> Windows:
        """Raw log odds over 16 kHz mono samples.

        Args:
            samples: ``[time]``.
            pauses: look at pauses as well as speech.
        """
        features = observe(samples)
        kept = np.arange(len(features)) if pauses else spoken_frames(samples, len(features))
        spans = tuple(
            (float(kept[start]) / FRAMES_PER_SECOND, float(kept[stop - 1] + 1) / FRAMES_PER_SECOND)
            for start, stop in windows(features[kept])
        )
        outputs = self._outputs(describe(features[kept], self.card.centred))
        return Windows(outputs, spans, len(kept) / FRAMES_PER_SECOND)

    def log_odds(self, output: float) -> float:
        """Calibrated log odds of a network output, or of a mean of them."""
        return self.card.offset + self.card.slope * output

    def _outputs(self, numbers: Floats) -> NDArray[np.float32]:
        tensors = self._tensors
        hidden = np.clip((numbers - tensors["mean"]) / tensors["spread"], -_CLIP, _CLIP)
        for number in range(_LAYERS):
            hidden = hidden @ tensors[f"w{number}"].T + tensors[f"b{number}"]
            if number < _LAYERS - 1:
                hidden = np.maximum(hidden, 0.0)
        return np.asarray(hidden[:, 0], dtype=np.float32)


@lru_cache(maxsize=4)
def load(weights: Path) -> Model:
    """The model of a weights file, read once per process."""
    return Model(weights)


def least_samples() -> int:
    """Shortest sound, in 16 kHz samples, that can be judged at all."""
    return RATE // 2
