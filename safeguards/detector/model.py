"""Load a committed detector network: safetensors weights whose digest the JSON beside them pins."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import FRAMES_PER_SECOND, RATE, band_energies, spoken_frames, standardise

if TYPE_CHECKING:
    import torch

WINDOW = 5 * FRAMES_PER_SECOND // 2
STEP = WINDOW // 2
_MOST_BYTES = 4_000_000


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
    """Raw network output per 2.5 s window of speech, ``[windows]``, and where each lies in the recording, in seconds."""

    outputs: NDArray[np.float32]
    spans: tuple[tuple[float, float], ...]
    spoken_seconds: float


class Model:
    """A network with its card.

    Args:
        weights: path of the ``.safetensors`` file; the card is the ``.json`` of the same name.

    Raises:
        ModelError: see the class.
    """

    def __init__(self, weights: Path) -> None:
        self.card = Card(**json.loads(weights.with_suffix(".json").read_text(encoding="utf-8")))
        if not weights.is_file() or weights.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{weights.name} is missing or larger than {_MOST_BYTES} bytes")
        content = weights.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.card.sha256:
            raise ModelError(f"the digest of {weights.name} is not the pinned one")
        self._network = _network(content)

    def run(self, samples: Floats) -> Windows:
        """Network output over 16 kHz mono samples, pauses left out."""
        energies = band_energies(samples)
        kept = spoken_frames(samples, len(energies))
        return self.run_frames(energies[kept], kept)

    def run_frames(self, energies: Floats, frames: NDArray[np.int64]) -> Windows:
        """Network output over band energies ``[frames, 80]`` whose places in the recording are ``frames``."""
        import torch

        short = len(energies) < WINDOW
        values = np.tile(energies, (-(-WINDOW // len(energies)), 1)) if short else energies
        starts = [0] if short else [*range(0, len(values) - WINDOW, STEP), len(values) - WINDOW]
        batch = np.stack([standardise(values[start : start + WINDOW], self.card.centred) for start in starts])
        with torch.inference_mode():
            outputs = self._network(torch.from_numpy(batch))[:, 0].numpy()
        spans = tuple(
            (
                float(frames[start]) / FRAMES_PER_SECOND,
                float(frames[min(start + WINDOW, len(frames)) - 1] + 1) / FRAMES_PER_SECOND,
            )
            for start in starts
        )
        return Windows(outputs, spans, len(frames) / FRAMES_PER_SECOND)

    def log_odds(self, output: float) -> float:
        """Calibrated log odds of a network output, or of a mean of them."""
        return self.card.offset + self.card.slope * output


@lru_cache(maxsize=4)
def load(weights: Path) -> Model:
    """The model of a weights file, read once per process."""
    return Model(weights)


def _network(content: bytes) -> torch.nn.Module:
    from safetensors.torch import load as load_tensors

    from safeguards.detector.network import Detector

    network = Detector()
    network.load_state_dict(load_tensors(content))
    return network.eval()


def least_samples() -> int:
    """Shortest sound, in 16 kHz samples, that can be judged at all."""
    return RATE // 2
