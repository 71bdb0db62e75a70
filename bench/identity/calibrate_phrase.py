"""Fit the phrase check: ``python -m bench.identity.calibrate_phrase [--speech DIR] [--count N]``; writes ``thresholds.json``.

Only the tuning speakers are heard (``phrase_margins.TUNING_SPEAKERS``). A word's ratio is a logistic regression, at equal priors,
of true words against the places of an attack where something else was said. The operating point is the least ratio above
which no more than ``_MOST_ACCEPTED`` of the changed phrases lie; the one for extra words stops ``_MOST_STOPPED`` of the true
phrases, because a word repeated in fluent speech leaves a much smaller gap than one of these phrases does.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.identity.phrase_margins import TUNING_SPEAKERS, Judged, judged, phrase_set
from safeguards.challenge.reading import Margins
from safeguards.challenge.thresholds import FILE, thresholds

VERSION = "challenge-4"
_CHANGED = ("replaced", "missing")
_ADDED = ("extra", "repeated")
_MOST_ACCEPTED = 0.005
_MOST_STOPPED = 0.01
_RIDGE = 1e-3


def rows_of(words: tuple[Margins, ...]) -> NDArray[np.float64]:
    """Margins per frame, ``[words, 3]``: rival, deletion, phones."""
    per_frame = [(word.rival, word.deletion, word.phones, max(word.frames, 1)) for word in words]
    return np.array([[rival / n, deletion / n, phones / n] for rival, deletion, phones, n in per_frame])


def fitted(own: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bias and three weights, ``[4]``."""
    design = np.column_stack([np.ones(len(own) + len(others)), np.concatenate([own, others])])
    sign = np.concatenate([np.ones(len(own)), -np.ones(len(others))])
    weight = np.where(sign > 0, 0.5 / len(own), 0.5 / len(others))

    def loss(values: NDArray[np.float64]) -> float:
        own_loss = float(np.sum(weight * np.logaddexp(0.0, -sign * (design @ values))))
        return own_loss + _RIDGE * float(np.sum(values[1:] ** 2))

    return np.asarray(minimize(loss, np.zeros(4)).x, dtype=np.float64)


def _operating_point(found: list[Judged], values: NDArray[np.float64]) -> float:
    worst = [float((values[0] + rows_of(one.words) @ values[1:]).min()) for one in found if one.kind in _CHANGED]
    return max(0.0, float(np.quantile(worst, 1.0 - _MOST_ACCEPTED)))


def _extra_point(found: list[Judged]) -> float:
    """What ``_MOST_STOPPED`` of the true phrases lie below; a telephone's narrow band, where gaps look like words, is left out."""
    true = [min(one.insertions) for one in found if one.kind == "true" and one.condition != "telephone"]
    extra = [min(one.insertions) for one in found if one.kind in _ADDED]
    print(f"worst gap of true phrases {min(true):.0f}, mildest extra word {max(extra):.0f} nats")
    return float(np.quantile(true, _MOST_STOPPED))


def main() -> None:
    """Fit, show, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--count", type=int, default=15, help="draws of each speaker")
    arguments = parser.parse_args()
    made = phrase_set(arguments.speech, TUNING_SPEAKERS, arguments.count)
    found = list(judged(made, ("true", *_CHANGED, *_ADDED)))
    own = np.concatenate([rows_of(one.words) for one in found if one.kind == "true"])
    others = np.concatenate([rows_of(one.words)[one.place][None] for one in found if one.kind in _CHANGED])
    values = fitted(own, others)
    limits = replace(
        thresholds(),
        version=VERSION,
        bias=round(float(values[0]), 3),
        rival_weight=round(float(values[1]), 3),
        deletion_weight=round(float(values[2]), 3),
        phones_weight=round(float(values[3]), 3),
        least_word_llr=round(_operating_point(found, values), 2),
        least_extra_word=round(_extra_point(found)),
    )
    print(f"{len(own)} true and {len(others)} changed words: {limits}")
    FILE.write_text(json.dumps(asdict(limits), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
