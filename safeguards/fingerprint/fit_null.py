"""Fit the null of ``matching``: best alignments between different sentences of training speakers, one of each pair distorted.

``python -m safeguards.fingerprint.fit_null --speech DIR`` prints lambda and log10 K. Only the tail is fitted (peaks over threshold: the
scores of the most similar fiftieth of pairs, exponential above it), since only the tail is used.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint import matching, patches, train
from safeguards.fingerprint.alignment import align
from safeguards.fingerprint.distortions import DISTORTIONS
from safeguards.fingerprint.extraction import describe
from safeguards.fingerprint.planes import question
from safeguards.fingerprint.record import Record

LENGTHS_S = (1.0, 2.0, 3.5, 7.0)
TAIL = 0.02


def pairs(speech: Path, count: int, *, test: bool, per_speaker: int, seed: int) -> NDArray[np.float64]:
    """Scores and areas of about ``count`` pairs of recordings of different sentences, shape ``[pairs, 2]``.

    Readings of one sentence resemble one another by more than chance; ``Match.believed`` asks for more for those.
    """
    rng = np.random.default_rng(seed)
    chosen = train.clips(speech, test=test, per_speaker=per_speaker)
    records, distorted = [], []
    for clip in chosen:
        samples = train.load(speech, clip)
        records.append(describe(patches.log_mel(samples)))
        distorted.append(patches.log_mel(DISTORTIONS[str(rng.choice(list(DISTORTIONS)))](samples, rng)))
    found: list[tuple[float, float]] = []
    for left, right in rng.integers(len(chosen), size=(count, 2)):
        if left == right:
            continue
        query = describe(_piece(distorted[left], float(rng.choice(LENGTHS_S)), rng))
        found.append(_scored(query, records[right]))
    return np.array(found)


def _piece(levels: patches.Floats, seconds: float, rng: np.random.Generator) -> patches.Floats:
    frames = round(seconds / patches.FRAME_S)
    start = int(rng.integers(0, max(1, len(levels) - frames)))
    return levels[start : start + frames]


def _scored(query: Record, record: Record) -> tuple[float, float]:
    return align(question(query), record).score, matching.seconds(query) * matching.seconds(record)


def fit(scores: NDArray[np.float64], areas: NDArray[np.float64]) -> tuple[float, float]:
    """Lambda and log10 K of E = K area exp(-lambda score), from the top ``TAIL`` of the scores after taking out the area."""
    rate = 5.0
    for _ in range(50):
        reduced = scores - np.log(areas) / rate
        threshold = float(np.quantile(reduced, 1 - TAIL))
        over = reduced[reduced > threshold] - threshold
        rate = 1.0 / float(over.mean())
    return rate, math.log10(-math.log1p(-TAIL)) + rate * threshold / math.log(10)


def main() -> None:
    """Print the constants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=6000)
    arguments = parser.parse_args()
    found = pairs(
        arguments.speech, arguments.pairs, test=False, per_speaker=train.CLIPS_PER_SPEAKER, seed=train.SEED + 1
    )
    rate, log10_k = fit(found[:, 0], found[:, 1])
    sys.stdout.write(
        f"_LAMBDA = {rate:.3f}\n_LOG10_K = {log10_k:.3f}  # n = {len(found)}, largest score {found[:, 0].max():.2f}\n"
    )


if __name__ == "__main__":
    main()
