"""Error rates with their uncertainty."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Z = 1.959964  # 95 %


def rate(errors: int, trials: int) -> dict[str, Any]:
    """A proportion with its 95 % Wilson interval."""
    if trials == 0:
        return {"rate": None, "errors": 0, "n": 0, "low": None, "high": None}
    share = errors / trials
    scale = 1.0 + _Z**2 / trials
    centre = (share + _Z**2 / (2 * trials)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2))
    return {
        "rate": share,
        "errors": errors,
        "n": trials,
        "low": max(0.0, centre - half),
        "high": min(1.0, centre + half),
    }


def equal_error(negatives: NDArray[np.floating[Any]], positives: NDArray[np.floating[Any]]) -> dict[str, Any]:
    """Equal error rate (higher scores mean positive), with a Wilson interval on the smaller class."""
    if not len(negatives) or not len(positives):
        return rate(0, 0)
    points = np.unique(np.concatenate([negatives, positives]))
    misses = np.searchsorted(np.sort(positives), points, side="left") / len(positives)
    alarms = 1.0 - np.searchsorted(np.sort(negatives), points, side="left") / len(negatives)
    best = int(np.argmin(np.abs(misses - alarms)))
    value = float(misses[best] + alarms[best]) / 2.0
    smaller = min(len(negatives), len(positives))
    interval = rate(round(value * smaller), smaller)
    return {"rate": value, "n": [len(negatives), len(positives)], "low": interval["low"], "high": interval["high"]}


def reject_at(
    negatives: NDArray[np.floating[Any]], positives: NDArray[np.floating[Any]], false_accepts: float
) -> tuple[int, int]:
    """Misses and trials at the threshold that ``false_accepts`` of the negatives reach."""
    threshold = np.quantile(negatives, 1.0 - false_accepts)
    return int((positives <= threshold).sum()), len(positives)


def det_points(
    negatives: NDArray[np.floating[Any]], positives: NDArray[np.floating[Any]], count: int = 40
) -> list[tuple[float, float]]:
    """(false accepts, misses) along the detection error trade-off curve."""
    thresholds = np.quantile(np.concatenate([negatives, positives]), np.linspace(0.0, 1.0, count))
    return [(float((negatives >= bar).mean()), float((positives < bar).mean())) for bar in thresholds]


def calibration_error(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.bool_], bins: int = 10
) -> tuple[float, list[dict[str, float]]]:
    """Expected calibration error and the bins of the reliability diagram."""
    edges = np.clip((probabilities * bins).astype(int), 0, bins - 1)
    table, error = [], 0.0
    for place in range(bins):
        here = edges == place
        if here.any():
            said, was = float(probabilities[here].mean()), float(labels[here].mean())
            table.append({"said": said, "was": was, "n": float(here.sum())})
            error += float(here.mean()) * abs(said - was)
    return error, table
