"""Fit the speaker check: ``python -m bench.identity.calibrate_speaker --speech DIR [--out safeguards/speaker]``.

``--encoder FOLDER [--options JSON] --version NAME`` does so for an encoder that an operator brings, into its folder.

Uses the speakers of fold 0 only (see ``corpus.fold``), and writes the cohort (those with a single recording) and
``calibration.json``. Bench figures come from fold 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from scipy.optimize import minimize

from bench.identity.speaker_trials import Side, Voice, carried, joined_voices, sides, voices
from safeguards.speaker import brought, cohort
from safeguards.speaker.calibration import Calibration
from safeguards.speaker.consistency import CUES, cues, stretches
from safeguards.speaker.encoder import reference, template_of
from safeguards.speaker.onnx_encoder import OnnxEncoder, open_encoder

SECOND_EDGES = (2.5, 4.0, 6.5)
SNR_EDGES = (12.0, 22.0)
VERSION = "ge2e-asnorm-5"
COMPARABLE = ("ge2e-asnorm-4",)  # earlier versions with the same encoder and front end
_NORMAL_AT_1E_3 = 3.0902
_ENOUGH_FOR_A_TAIL = 3000
_ENOUGH_FOR_A_MEAN = 500
_SHRINKAGE = 3.0  # of the mean variance, added to each direction: few people vary in few directions
_LEAST_WHITENED_S = 2.5
_RIDGE = 1e-2
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


def whitening(people: Iterable[Sequence[NDArray[np.float32]]]) -> NDArray[np.float32]:
    """What makes one person's embeddings vary evenly in all directions, ``[numbers, numbers]``.

    Args:
        people: embeddings of each, ``[numbers]``, over takes, lengths, noises and telephones.
    """
    centred = np.concatenate([np.stack(own) - np.mean(own, axis=0) for own in people]).astype(np.float64)
    within = centred.T @ centred / len(centred)
    count = len(within)
    values, vectors = np.linalg.eigh(within + _SHRINKAGE * np.trace(within) / count * np.eye(count))
    whole = vectors @ np.diag(values**-0.5) @ vectors.T
    return np.asarray(whole / np.sqrt(np.mean(whole**2)), dtype=np.float32)


def scored(
    enrolments: list[Side], tests: list[Side], strangers: dict[str, NDArray[np.float32]], white: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """AS-norm scores and same-speaker labels, ``[enrolments, tests]``; nobody stands in his own cohort."""
    same = np.array([[one.speaker == two.speaker for two in tests] for one in enrolments])
    names = np.array(list(strangers))
    others = cohort.Strangers(np.stack(list(strangers.values())), white)
    first, second = (others.white(np.stack([side.embedding for side in group])) for group in (enrolments, tests))

    def halves(rows: NDArray[np.float32], group: list[Side]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pairs = [
            cohort.statistics(row[None], others.whitened[names != side.speaker])
            for row, side in zip(rows, group, strict=True)
        ]
        return np.array([mean[0] for mean, _ in pairs]), np.array([spread[0] for _, spread in pairs])

    (mean_a, spread_a), (mean_b, spread_b) = halves(first, enrolments), halves(second, tests)
    cosines = first @ second.T
    scores = 0.5 * ((cosines - mean_a[:, None]) / spread_a[:, None] + (cosines - mean_b) / spread_b)
    return scores.astype(np.float64), same


def crossed(
    enrolments: list[Side],
    tests: list[Side],
    strangers: dict[str, NDArray[np.float32]],
    spoken: dict[str, list[NDArray[np.float32]]],
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Scores and labels ``[enrolments, tests]``, and which of them count: those within a half of the speakers, whitened by the other half."""
    scores = np.zeros((len(enrolments), len(tests)))
    same = np.zeros(scores.shape, dtype=np.bool_)
    counted = np.zeros(scores.shape, dtype=np.bool_)
    for half in range(2):
        white = whitening(own for name, own in spoken.items() if _half(name) != half)
        rows = [place for place, side in enumerate(enrolments) if _half(side.speaker) == half]
        columns = [place for place, side in enumerate(tests) if _half(side.speaker) == half]
        found = scored([enrolments[place] for place in rows], [tests[place] for place in columns], strangers, white)
        scores[np.ix_(rows, columns)], same[np.ix_(rows, columns)] = found
        counted[np.ix_(rows, columns)] = True
    return scores, same, counted


def _half(speaker: str) -> int:
    return hashlib.sha256(f"half/{speaker}".encode()).digest()[0] % 2


def _buckets(
    enrolments: list[Side],
    tests: list[Side],
    scores: NDArray[np.float64],
    same: NDArray[np.bool_],
    counted: NDArray[np.bool_],
) -> list[list[dict[str, float]]]:
    seconds = np.minimum([[one.seconds] for one in enrolments], [two.seconds for two in tests])
    snr = np.minimum([[one.snr_db] for one in enrolments], [two.snr_db for two in tests])
    row, column = np.digitize(seconds, SECOND_EDGES), np.digitize(snr, SNR_EDGES)
    pooled = fit(scores[counted], same[counted], None)
    table: list[list[dict[str, float]]] = []
    for duration in range(len(SECOND_EDGES) + 1):
        line = []
        for noise in range(len(SNR_EDGES) + 1):
            here = (row == duration) & (column == noise) & counted
            offset, slope = fit(scores[here], same[here], pooled)
            others = scores[here & ~same]
            print(
                duration, noise, "same", int(same[here].sum()), "other", len(others), round(offset, 2), round(slope, 2)
            )
            mean, deviation = float(others.mean()), _deviation(others)
            if len(others) < _ENOUGH_FOR_A_MEAN and table:
                # Too few pairs of strangers speak that long: those of the next shorter length stand in, whose threshold is stricter.
                mean, deviation = table[-1][noise]["mean"], max(deviation, table[-1][noise]["deviation"])
            line.append({"offset": offset, "slope": slope, "mean": mean, "deviation": deviation})
        table.append(line)
    return table


def _deviation(others: NDArray[np.float64]) -> float:
    """Deviation of a normal distribution that is right at 1e-3, where other people's upper tail is heavier than normal."""
    plain = float(others.std())
    if len(others) < _ENOUGH_FOR_A_TAIL:
        return plain
    return max(plain, float(np.quantile(others, 0.999) - others.mean()) / _NORMAL_AT_1E_3)


def _consistency(people: list[Voice]) -> dict[str, Any]:
    """Logistic regression of cues at equal priors, on recordings of one and of two people, over several channels."""
    rng = np.random.default_rng(5)
    made = joined_voices([voice for voice in people if len(voice.speech) > 16_000 * 5], rng, 300)
    heard = [carried(speech, place // 2, rng) for place, (_, speech) in enumerate(made)]
    found = np.array([cues(stretches(speech), len(speech) / 16_000) for speech in heard])
    one = np.array([single for single, _ in made])
    means, spreads = found.mean(axis=0), found.std(axis=0) + 1e-6
    design = np.column_stack([np.ones(len(found)), (found - means) / spreads])
    sign, weight = np.where(one, 1.0, -1.0), np.where(one, 0.5 / one.sum(), 0.5 / (~one).sum())

    def loss(values: NDArray[np.float64]) -> float:
        return float(np.sum(weight * np.logaddexp(0.0, -sign * (design @ values))) + _RIDGE * np.sum(values[1:] ** 2))

    offset, *weights = (float(value) for value in minimize(loss, np.zeros(design.shape[1])).x)
    return {"cues": CUES, "offset": offset, "weights": weights, "means": means.tolist(), "spreads": spreads.tolist()}


class _Uncalibrated:
    """An encoder of which only the embeddings are known yet."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self.partials = encoder.partials

    @property
    def calibration(self) -> Calibration:
        raise RuntimeError("the encoder is being calibrated")

    @property
    def cohort(self) -> cohort.Strangers:
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
    templates = {voice.speaker: template_of([voice.speech]) for voice in people if voice.single}
    strangers = {name: reference(rows) for name, rows in templates.items()}
    enrolments, tests = sides(people)
    spoken: dict[str, list[NDArray[np.float32]]] = {name: [*rows] for name, rows in templates.items()}
    for side in (*enrolments, *(side for side in tests if side.seconds > _LEAST_WHITENED_S)):
        spoken.setdefault(side.speaker, []).extend(side.rows)
    content = save({"embeddings": np.stack(list(strangers.values())), "whitening": whitening(spoken.values())})
    (arguments.out / cohort.COHORT_FILE.name).write_bytes(content)
    calibration = {
        "version": arguments.version,
        "comparable": COMPARABLE if arguments.encoder is None else (),
        "cohort_sha256": hashlib.sha256(content).hexdigest(),
        "second_edges": SECOND_EDGES,
        "snr_edges": SNR_EDGES,
        "buckets": _buckets(enrolments, tests, *crossed(enrolments, tests, strangers, spoken)),
        "consistency": _consistency(people),
        "cohort_speakers": sorted(strangers),
        "calibration_speakers": sorted(voice.speaker for voice in people),
    }
    (arguments.out / "calibration.json").write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
