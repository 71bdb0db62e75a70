"""From normalised scores to calibrated log-likelihood ratios, per bucket of duration and noise.

Within a bucket the ratio is affine in the score (logistic regression, Brummer and du Preez 2006), and a false-accept
rate is read from the normal distribution of other people's scores. The constants in ``calibration.json`` are fitted by
``python -m bench.identity.calibrate_speaker`` on speakers that no measure uses.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safeguards.speaker.brought import model

FILE = Path(__file__).parent / "calibration.json"


@dataclass(frozen=True, slots=True)
class Bucket:
    """llr = offset + slope * score; other people's scores have ``mean`` and ``deviation``."""

    offset: float
    slope: float
    mean: float
    deviation: float

    def llr(self, score: float) -> float:
        """Natural-log likelihood ratio of one speaker against two."""
        return self.offset + self.slope * score

    def false_accept_rate(self, score: float) -> float:
        """Share of other people whose score would be this high or higher."""
        return 0.5 * math.erfc((score - self.mean) / (self.deviation * math.sqrt(2.0)))


@dataclass(frozen=True, slots=True)
class Consistency:
    """llr = offset + weights . (cues - means) / spreads, of ``safeguards.speaker.consistency.cues``."""

    offset: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]

    def llr(self, cues: NDArray[np.float64]) -> float:
        """Natural-log likelihood ratio of one speaker throughout against a change."""
        scaled = (cues - np.array(self.means)) / np.array(self.spreads)
        return self.offset + float(scaled @ np.array(self.weights))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Constants of the speaker check.

    Attributes:
        version: goes into every evidence.
        comparable: earlier versions of the same encoder, whose templates lie in the same space and can still be compared.
        cohort_sha256: digest of the cohort the scores are normalised with.
        second_edges, snr_edges: ascending edges between the buckets.
        buckets: ``[duration][snr]``.
        consistency: of one recording's parts with each other.
    """

    version: str
    comparable: tuple[str, ...]
    cohort_sha256: str
    second_edges: tuple[float, ...]
    snr_edges: tuple[float, ...]
    buckets: tuple[tuple[Bucket, ...], ...]
    consistency: Consistency

    def bucket(self, net_seconds: float, snr_db: float) -> Bucket:
        """The bucket of a comparison: the shorter side's net speech, the noisier side's SNR."""
        return self.buckets[bisect_right(self.second_edges, net_seconds)][bisect_right(self.snr_edges, snr_db)]


def calibration() -> Calibration:
    """The constants of the encoder that the operator brought, or else the committed ones."""
    brought = model()
    return _committed() if brought is None else brought.calibration


@lru_cache(maxsize=1)
def _committed() -> Calibration:
    return read_calibration(FILE)


def read_calibration(path: Path) -> Calibration:
    """A file that ``calibrate_speaker`` wrote.

    Raises:
        OSError: it cannot be read.
        KeyError: a member is missing.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    return Calibration(
        version=content["version"],
        comparable=tuple(content.get("comparable", ())),
        cohort_sha256=content["cohort_sha256"],
        second_edges=tuple(content["second_edges"]),
        snr_edges=tuple(content["snr_edges"]),
        buckets=tuple(tuple(Bucket(**bucket) for bucket in row) for row in content["buckets"]),
        consistency=Consistency(
            offset=content["consistency"]["offset"],
            **{name: tuple(content["consistency"][name]) for name in ("weights", "means", "spreads")},
        ),
    )
