"""Fit the speaker check: ``python -m bench.identity.calibrate_speaker --speech DIR [--out safeguards/speaker]``.

``--encoder FOLDER [--options JSON] --version NAME`` does so for an encoder that an operator brings, into its folder.

Uses the speakers of fold 0 only (see ``corpus.fold``), and writes the cohort (those with a single recording) and
``calibration.json``. Bench figures come from fold 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from scipy.optimize import minimize

from bench.identity.speaker_trials import Side, Voice, joined_voices, sides, voices
from safeguards.speaker import brought, cohort
from safeguards.speaker.calibration import Calibration
from safeguards.speaker.consistency import least_cosine
from safeguards.speaker.encoder import embed_partials, embed_reference
from safeguards.speaker.onnx_encoder import OnnxEncoder, open_encoder

SECOND_EDGES = (2.5, 4.0, 6.5)
SNR_EDGES = (12.0, 22.0)
VERSION = "ge2e-asnorm-4"
_NORMAL_AT_1E_3 = 3.0902
_ENOUGH_FOR_A_TAIL = 3000
_PRIOR_STRENGTH = 40.0  # pseudo-trials that tie a bucket to the pooled fit


def fit(scores: NDArray[np.float64], same: NDArray[np.bool_], prior: tuple[float, float] | None) -> tuple[float, float]:
    """Offset and slope of a logistic regression at equal priors; ``prior`` is the fit to lean on, if any."""
    centre, spread = float(scores.mean()), float(scores.std())
    weight = np.where(same, 0.5 / max(same.sum(), 1), 0.5 / max((~same).sum(), 1))
    strength = 0.0 if prior is None else _PRIOR_STRENGTH / (_PRIOR_STRENGTH + float(same.sum()))
    sign = np.where(same, 1.0, -1.0)
    start = np.array([0.0, 3.0]) if prior is None else np.array([prior[0] + prior[1] * centre, prior[1] * spread])

    def loss(values: NDArray[np.float64]) -> float:
        score = values[0] + values[1] * (scores - centre) / spread
        own = float(np.sum(weight * np.logaddexp(0.0, -sign * score)))
        return own + 0.05 * strength * float(np.sum(((values - start) / np.array([3.0, 2.0])) ** 2))

    best = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-4, "fatol": 1e-8}).x
    slope = float(best[1] / spread)
    return float(best[0]) - slope * centre, slope


def scored(
    enrolments: list[Side], tests: list[Side], strangers: dict[str, NDArray[np.float32]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """AS-norm scores and same-speaker labels, ``[enrolments, tests]``; nobody stands in his own cohort."""
    same = np.array([[one.speaker == two.speaker for two in tests] for one in enrolments])
    first, second = (np.stack([side.embedding for side in group]) for group in (enrolments, tests))
    names = np.array(list(strangers))
    table = np.stack(list(strangers.values()))

    def halves(rows: NDArray[np.float32], group: list[Side]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pairs = [
            cohort.statistics(row[None], table[names != side.speaker]) for row, side in zip(rows, group, strict=True)
        ]
        return np.array([mean[0] for mean, _ in pairs]), np.array([spread[0] for _, spread in pairs])

    (mean_a, spread_a), (mean_b, spread_b) = halves(first, enrolments), halves(second, tests)
    cosines = first @ second.T
    scores = 0.5 * ((cosines - mean_a[:, None]) / spread_a[:, None] + (cosines - mean_b) / spread_b)
    return scores.astype(np.float64), same


def _buckets(
    enrolments: list[Side], tests: list[Side], scores: NDArray[np.float64], same: NDArray[np.bool_]
) -> list[list[dict[str, float]]]:
    seconds = np.minimum([[one.seconds] for one in enrolments], [two.seconds for two in tests])
    snr = np.minimum([[one.snr_db] for one in enrolments], [two.snr_db for two in tests])
    row, column = np.digitize(seconds, SECOND_EDGES), np.digitize(snr, SNR_EDGES)
    pooled = fit(scores.ravel(), same.ravel(), None)
    table = []
    for duration in range(len(SECOND_EDGES) + 1):
        line = []
        for noise in range(len(SNR_EDGES) + 1):
            here = (row == duration) & (column == noise)
            offset, slope = fit(scores[here], same[here], pooled)
            others = scores[here & ~same]
            print(
                duration, noise, "same", int(same[here].sum()), "other", len(others), round(offset, 2), round(slope, 2)
            )
            line.append(
                {"offset": offset, "slope": slope, "mean": float(others.mean()), "deviation": _deviation(others)}
            )
        table.append(line)
    return table


def _deviation(others: NDArray[np.float64]) -> float:
    """Deviation of a normal distribution that is right at 1e-3, where other people's upper tail is heavier than normal."""
    plain = float(others.std())
    if len(others) < _ENOUGH_FOR_A_TAIL:
        return plain
    return max(plain, float(np.quantile(others, 0.999) - others.mean()) / _NORMAL_AT_1E_3)


def _consistency(people: list[Voice]) -> dict[str, float]:
    made = joined_voices([voice for voice in people if len(voice.speech) > 16_000 * 5], np.random.default_rng(5), 300)
    cosines = np.array([least_cosine(embed_partials(speech)) for _, speech in made])
    one = np.array([single for single, _ in made])
    offset, slope = fit(cosines, one, None)
    return {
        "offset": offset,
        "slope": slope,
        "mean": float(cosines[~one].mean()),
        "deviation": float(cosines[~one].std()),
    }


class _Uncalibrated:
    """An encoder of which only the embeddings are known yet."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self.partials = encoder.partials

    @property
    def calibration(self) -> Calibration:
        raise RuntimeError("the encoder is being calibrated")

    @property
    def cohort(self) -> NDArray[np.float32]:
        raise RuntimeError("the encoder is being calibrated")


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--out", type=Path, default=Path("safeguards/speaker"))
    parser.add_argument("--encoder", type=Path, metavar="FOLDER", help="with encoder.onnx; the result is put beside it")
    parser.add_argument("--options", type=json.loads, default={}, help="of safeguards.speaker.onnx_encoder, as JSON")
    parser.add_argument("--version", default=VERSION)
    arguments = parser.parse_args()
    if arguments.encoder is not None:
        if arguments.version == VERSION:
            parser.error("an encoder that is brought needs a --version of its own")
        arguments.out = arguments.encoder
        brought.register_maker(partial(_Uncalibrated, open_encoder(arguments.encoder, **arguments.options)))
    people = voices(arguments.speech, which=0)
    strangers = {voice.speaker: embed_reference([voice.speech]) for voice in people if voice.single}
    content = save({"embeddings": np.stack(list(strangers.values()))})
    (arguments.out / cohort.COHORT_FILE.name).write_bytes(content)
    enrolments, tests = sides(people)
    scores, same = scored(enrolments, tests, strangers)
    calibration = {
        "version": arguments.version,
        "cohort_sha256": hashlib.sha256(content).hexdigest(),
        "second_edges": SECOND_EDGES,
        "snr_edges": SNR_EDGES,
        "buckets": _buckets(enrolments, tests, scores, same),
        "consistency": _consistency(people),
        "cohort_speakers": sorted(strangers),
        "calibration_speakers": sorted(voice.speaker for voice in people),
    }
    (arguments.out / "calibration.json").write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
