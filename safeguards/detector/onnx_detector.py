"""Detectors in ONNX that read the waveform: AASIST, RawNet2, or a self-supervised encoder with a head.

The folder holds ``detector.onnx`` and ``card.json``, which ``python -m bench.detector.calibrate_brought --folder FOLDER`` puts there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.detector.features import FRAMES_PER_SECOND, RATE, channel_class
from safeguards.detector.model import Card, Windows, read_card, watched
from safeguards.onnx_network import Network, NetworkError

DETECTOR, CARD = "detector.onnx", "card.json"
_BATCH: Final = 8


class OnnxDetector:
    """Raw scores of stretches of sound.

    Args:
        network: takes ``[batch, time]`` at 16 kHz; gives one number for each, or several of which two are named.
        synthetic, bona_fide: places of the two among several; the score is their difference. ``bona_fide`` may be None.
        window_s: length of a stretch; a shorter sound is repeated, a longer one is read every half of it.
    """

    def __init__(
        self, network: Network, *, synthetic: int = 0, bona_fide: int | None = 1, window_s: float = 4.0
    ) -> None:
        self._network, self._synthetic, self._bona_fide = network, synthetic, bona_fide
        self._window = round(window_s * RATE)

    def outputs(self, samples: Floats) -> tuple[NDArray[np.float32], list[tuple[float, float]]]:
        """Raw scores ``[stretches]`` and where each stretch lies, in seconds.

        Args:
            samples: mono 16 kHz ``[time]``.

        Raises:
            NetworkError: the network does not give one score for each stretch.
        """
        if len(samples) <= self._window:
            return self._scores([np.resize(samples, self._window)]), [(0.0, len(samples) / RATE)]
        last = len(samples) - self._window
        starts = sorted({*range(0, last, self._window // 2), last})
        pieces = [samples[start : start + self._window] for start in starts]
        scores = [self._scores(pieces[first : first + _BATCH]) for first in range(0, len(pieces), _BATCH)]
        return np.concatenate(scores), [(start / RATE, (start + self._window) / RATE) for start in starts]

    def _scores(self, pieces: Sequence[Floats]) -> NDArray[np.float32]:
        found = self._network(np.stack(pieces).astype(np.float32))
        found = found.reshape(len(found), -1)
        several = found.shape[1] > 1
        places = [place for place in (self._synthetic, self._bona_fide) if place is not None] if several else [0]
        if len(found) != len(pieces) or max(places) >= found.shape[1]:
            raise NetworkError(f"the detector gave an array of shape {found.shape} for {len(pieces)} stretches")
        score = found[:, places[0]] - found[:, places[1]] if len(places) > 1 else found[:, places[0]]
        return np.asarray(score, dtype=np.float32)


class BroughtDetector:
    """A detector with its card (:class:`safeguards.detector.brought.SyntheticModel`).

    Args:
        detector: what scores.
        card: from ``calibrate_brought``.
        technique: in words.
    """

    def __init__(self, detector: OnnxDetector, card: Card, technique: str) -> None:
        self._detector = detector
        self.card = card
        self.technique = technique

    def run(self, samples: Floats) -> Windows:
        """Raw outputs, with the class of channel that our own features hear, which the calibration needs."""
        outputs, spans = self._detector.outputs(samples)
        features, spoken = watched(samples)
        return Windows(
            outputs=outputs,
            numbers=np.zeros((len(outputs), 0), dtype=np.float32),
            spans=tuple(spans),
            spoken_seconds=len(spoken) / FRAMES_PER_SECOND,
            channel=channel_class(features[spoken]),
        )


class Reading(TypedDict, total=False):
    """Options of :class:`OnnxDetector`."""

    synthetic: int
    bona_fide: int | None
    window_s: float


class Options(Reading, total=False):
    """What an operator's file may say of a detector: those, the output's name and the number of threads."""

    output: str | None
    threads: int


def open_detector(
    folder: Path, *, output: str | None = None, threads: int = 1, **options: Unpack[Reading]
) -> OnnxDetector:
    """The network alone, as calibration needs it.

    Raises:
        NetworkError: ``detector.onnx`` is not a graph with one input and that output.
    """
    return OnnxDetector(Network(folder / DETECTOR, output=output, threads=threads), **options)


def open_folder(folder: Path, *, technique: str, **options: Unpack[Options]) -> BroughtDetector:
    """The factory to be named in the operator's file; options as for :func:`open_detector`, and ``technique`` in words.

    Raises:
        NetworkError: see there.
        OSError: there is no card.
    """
    return BroughtDetector(open_detector(folder, **options), read_card(folder / CARD), technique)
