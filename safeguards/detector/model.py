"""A committed model: perceptrons over window statistics, in safetensors whose digest the card beside them pins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import FRAMES_PER_SECOND, RATE, channel_class, observe, spoken_frames
from safeguards.detector.statistics import describe, windows

_MOST_BYTES = 20_000_000
_CLIP = 5.0
_LAYERS = 3
Tensors = dict[str, NDArray[np.float32]]
Describing = Callable[[Floats, bool], Floats]
CHANNELS = ("clear", "noisy", "narrow")


class ModelError(Exception):
    """Weights are missing, too large, or not the file whose digest is pinned."""


@dataclass(frozen=True, slots=True)
class Line:
    """Calibration in one class of channels: log odds = offset + slope * output."""

    slope: float
    offset: float


@dataclass(frozen=True, slots=True)
class Card:
    """What is committed beside the weights.

    Attributes:
        version: goes into every evidence.
        sha256: digest of the weights.
        centred: whether each band's mean is removed.
        lines: calibration for each class of :data:`CHANNELS`.
        synthetic_above, genuine_below: calibrated log odds outside of which a verdict is given.
    """

    version: str
    sha256: str
    centred: bool
    lines: dict[str, Line]
    synthetic_above: float
    genuine_below: float

    def log_odds(self, output: float, channel: str) -> float:
        """Calibrated log odds of a network's output, or of a mean of them, over a class of channels."""
        line = self.lines[channel]
        return line.offset + line.slope * output


@dataclass(frozen=True, eq=False)
class Windows:
    """Raw output per 2.5 s window.

    Attributes:
        outputs: ``[windows]``.
        numbers: the statistics they came from, ``[windows, numbers]``.
        spans: where each lies in the recording, in seconds.
        spoken_seconds: speech and what is within 0.2 s of it.
        channel: class of the channel.
    """

    outputs: NDArray[np.float32]
    numbers: Floats
    spans: tuple[tuple[float, float], ...]
    spoken_seconds: float
    channel: str


class Model:
    """Perceptrons, whose outputs are averaged, with their card.

    Args:
        weights: path of the ``.safetensors`` file; the card is the ``.json`` of the same name.
        describing: what turns features and ``centred`` into the statistics that it reads.

    Raises:
        ModelError: see the class.
    """

    def __init__(self, weights: Path, describing: Describing = describe) -> None:
        from safetensors.numpy import load as load_tensors

        self.card = read_card(weights.with_suffix(".json"))
        if not weights.is_file() or weights.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{weights.name} is missing or larger than {_MOST_BYTES} bytes")
        content = weights.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.card.sha256:
            raise ModelError(f"the digest of {weights.name} is not the pinned one")
        self._describe = describing
        self._tensors = {name: values.astype(np.float32) for name, values in load_tensors(content).items()}

    @property
    def tensors(self) -> Tensors:
        """What :func:`perceive` takes."""
        return self._tensors

    def run_on(self, features: Floats, spoken: NDArray[np.int64], *, pauses: bool = False) -> Windows:
        """Raw log odds over what :func:`watched` gave, which several models can share.

        Args:
            features: ``[frames, 147]``, or more for models that read more.
            spoken: which frames hold speech.
            pauses: look at pauses as well as speech.
        """
        kept = np.arange(len(features)) if pauses else spoken
        spans = tuple(
            (float(kept[start]) / FRAMES_PER_SECOND, float(kept[stop - 1] + 1) / FRAMES_PER_SECOND)
            for start, stop in windows(features[kept])
        )
        numbers = self._describe(features[kept], self.card.centred)
        outputs = self.outputs(numbers)
        return Windows(outputs, numbers, spans, len(kept) / FRAMES_PER_SECOND, channel_class(features[spoken]))

    def log_odds(self, output: float, channel: str) -> float:
        """Calibrated log odds of a network output, or of a mean of them."""
        return self.card.log_odds(output, channel)

    def outputs(self, numbers: Floats) -> NDArray[np.float32]:
        """Raw log odds ``[windows]`` of statistics ``[windows, numbers]``."""
        return perceive(self._tensors, numbers)

    def shares(self, numbers: Floats, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
        """By how much the output falls when a group of statistics is replaced by their mean over training, ``[windows, groups]``."""
        scaled = _scaled(self._tensors, numbers)
        first = _first(self._tensors, scaled)
        whole = _rest(self._tensors, first)
        weights = self._tensors["w0"]
        without = [
            _rest(self._tensors, first - scaled[:, members] @ weights[:, :, members].swapaxes(1, 2))
            for members in groups
        ]
        return np.stack([whole - one for one in without], axis=1)


def perceive(tensors: Tensors, numbers: Floats) -> NDArray[np.float32]:
    """Mean output of the perceptrons ``w0 [nets, hidden, numbers], b0 [nets, hidden], …``, ``[windows]``."""
    return _rest(tensors, _first(tensors, _scaled(tensors, numbers)))


def _scaled(tensors: Tensors, numbers: Floats) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = np.clip((numbers - tensors["mean"]) / tensors["spread"], -_CLIP, _CLIP)
    return scaled


def _first(tensors: Tensors, scaled: NDArray[np.float32]) -> NDArray[np.float32]:
    layer: NDArray[np.float32] = scaled @ tensors["w0"].swapaxes(1, 2) + tensors["b0"][:, None]
    return layer


def _rest(tensors: Tensors, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
    for number in range(1, _LAYERS):
        hidden = np.maximum(hidden, 0.0) @ tensors[f"w{number}"].swapaxes(1, 2) + tensors[f"b{number}"][:, None]
    return np.asarray(hidden[:, :, 0].mean(axis=0), dtype=np.float32)


def watched(samples: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Features ``[frames, 147]`` of 16 kHz mono samples, and which frames hold speech."""
    features = observe(samples)
    return features, spoken_frames(samples, len(features))


def read_card(path: Path) -> Card:
    """The card of a model; it alone needs no weights."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Card(**raw | {"lines": {channel: Line(**line) for channel, line in raw["lines"].items()}})


@lru_cache(maxsize=4)
def load(weights: Path, describing: Describing = describe) -> Model:
    """The model of a weights file, read once per process."""
    return Model(weights, describing)


def least_samples() -> int:
    """Shortest sound, in 16 kHz samples, that can be judged at all."""
    return RATE // 2
