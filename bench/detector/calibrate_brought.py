"""Calibrate a detector that an operator brings: ``python -m bench.detector.calibrate_brought --folder DIR --version NAME [--spoofs DIR]``.

The folder holds ``detector.onnx``; ``card.json`` is put beside it: calibration by class of channel on calibration voices, as they are and
after a journey, and the band of ``inconclusive`` by :mod:`safeguards.detector.margins` over channels kept for this. As for our own
detector, so that the two compare; ``python -m bench.detector --models FILE`` then measures it on test voices.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from audiokit.features import Floats
from safeguards.detector.channels import BAND_CHANNELS, band_channel, journey
from safeguards.detector.dataset import Clip, clips, voice_part
from safeguards.detector.features import channel_class
from safeguards.detector.fitting import calibrated, even_weights, lines_of, quantile
from safeguards.detector.margins import highest
from safeguards.detector.model import Card, watched
from safeguards.detector.onnx_detector import CARD, DETECTOR, OnnxDetector, open_detector

_MISSES, _LEAST_ODDS = 0.05, 0.5
_SEED = 1


def card_of(detector: OnnxDetector, chosen: Sequence[Clip], version: str, sha256: str) -> Card:
    """Calibrate on clips of calibration voices.

    Args:
        detector: to be calibrated.
        chosen: people and machines.
        version: goes into every evidence.
        sha256: digest of the network.

    Raises:
        ValueError: people or machines are missing.
    """
    if {clip.synthetic for clip in chosen} != {True, False}:
        raise ValueError("calibration needs people and machines")
    heard = [(clip, _of(clip, turn)) for clip in chosen for turn in range(2)]
    scores, channels = zip(*(_scored(detector, samples) for _, samples in heard), strict=True)
    machines = np.array([clip.synthetic for clip, _ in heard])
    names = [clip.system or clip.voice for clip, _ in heard]
    lines = lines_of(np.array(scores), machines, channels, even_weights(names))
    odds = calibrated(lines, np.array(scores), channels)
    people = [clip for clip in chosen if not clip.synthetic]
    over = [(clip, number) for clip in people for number in range(len(BAND_CHANNELS))]
    banded = [
        _scored(detector, band_channel(clip.samples(), number, clip.generator(_SEED, "band", number)))
        for clip, number in over
    ]
    band = calibrated(lines, np.array([score for score, _ in banded]), [channel for _, channel in banded])
    above = highest(band, np.array([number for _, number in over]), [clip.voice for clip, _ in over])
    systems = [name for name, machine in zip(names, machines, strict=True) if machine]
    below = quantile(odds[machines], even_weights(systems), _MISSES)
    return Card(version, sha256, False, lines, max(above, _LEAST_ODDS), min(below, -_LEAST_ODDS))


def _of(clip: Clip, turn: int) -> Floats:
    samples = clip.samples()
    return journey(samples, clip.generator(_SEED, turn)) if turn else samples


def _scored(detector: OnnxDetector, samples: Floats) -> tuple[float, str]:
    features, spoken = watched(samples)
    return float(detector.outputs(samples)[0].mean()), channel_class(features[spoken])


def main() -> None:
    """Calibrate and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--options", type=json.loads, default={}, help="of safeguards.detector.onnx_detector, as JSON")
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--spoofs", type=Path)
    arguments = parser.parse_args()
    content = (arguments.folder / DETECTOR).read_bytes()
    chosen = [clip for clip in clips(arguments.speech, arguments.spoofs) if voice_part(clip.voice) == "calibrate"]
    detector = open_detector(arguments.folder, **arguments.options)
    card = card_of(detector, chosen, arguments.version, hashlib.sha256(content).hexdigest())
    (arguments.folder / CARD).write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
