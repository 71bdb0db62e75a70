"""Fit the speaker check's calibration: ``python -m bench.identity.calibrate_speaker --speech DIR --out FILE``.

Speakers of fold 0 of the corpus only. Each speaker's speech is cut into an enrolment half and a test half; tests are
2, 3, 5 and 8 s long, clean, with pink noise at 20, 15, 10 and 5 dB, and over a telephone; enrolments are clean.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from audiokit import Audio
from audiokit.loudness import estimate_snr_db
from safeguards.detector.channels import add_noise, telephone
from bench.identity.corpus import RATE, by_speaker, fold, items
from safeguards.speaker.encoder import embed_partials, speech_only, unit

SECOND_EDGES = (2.5, 4.0, 6.5)
SNR_EDGES = (12.0, 22.0)
_LENGTHS = (2.0, 3.0, 5.0, 8.0)
_PRIOR_STRENGTH = 40.0  # pseudo-trials that tie a bucket to the pooled fit


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a trial."""

    speaker: str
    embedding: NDArray[np.float32]
    seconds: float
    snr_db: float


def sides(speech: Path, which: int, seed: int = 0) -> tuple[list[Side], list[Side]]:
    """Enrolments and tests of all speakers of one fold. Both halves of a one-recording speaker share a session."""
    rng = np.random.default_rng(seed)
    enrolments, tests = [], []
    rows = [row for row in items(speech) if row.kind == "bonafide" and row.set != "fsdd" and row.codec == "flac"]
    for speaker, own in by_speaker(rows).items():
        if fold(speaker) != which:
            continue
        spoken = np.concatenate([speech_only(row.load()) for row in own[:8]])[: 60 * RATE]
        half = len(spoken) // 2
        raw = np.concatenate([row.load().to_mono() for row in own[:8]])[: 60 * RATE]
        snr = estimate_snr_db(Audio.mono(raw, RATE))
        for seconds in _LENGTHS:
            length = min(int(seconds * RATE), half)
            enrolments.append(_side(speaker, spoken[:length], snr))
            for start in range(half, len(spoken) - length + 1, length):
                for noisy, level in _heard(spoken[start : start + length], snr, rng):
                    tests.append(_side(speaker, noisy, level))
                if start > half + 2 * length:
                    break
    return enrolments, tests


def _heard(clean: NDArray[np.float32], snr: float, rng: np.random.Generator) -> list[tuple[NDArray[np.float32], float]]:
    noisy = [(add_noise(clean, level, rng), level) for level in (20.0, 15.0, 10.0, 5.0)]
    return [(clean, snr), (telephone(clean), snr), *noisy]


def _side(speaker: str, speech: NDArray[np.float32], snr: float) -> Side:
    return Side(speaker, unit(embed_partials(speech).mean(axis=0)), len(speech) / RATE, snr)


def fit(
    cosines: NDArray[np.float64], same: NDArray[np.bool_], prior: tuple[float, float] | None
) -> tuple[float, float]:
    """Logistic regression of ``same`` on the cosine at equal priors; ``prior`` is the fit to lean on, if any."""
    weight = np.where(same, 0.5 / max(same.sum(), 1), 0.5 / max((~same).sum(), 1))
    strength = 0.0 if prior is None else _PRIOR_STRENGTH / (_PRIOR_STRENGTH + float(same.sum()))
    sign = np.where(same, 1.0, -1.0)

    def loss(values: NDArray[np.float64]) -> float:
        score = values[0] + values[1] * (cosines - 0.7)
        own = float(np.sum(weight * np.logaddexp(0.0, -sign * score)))
        lean = 0.0
        if prior is not None:
            lean = ((values[0] - (prior[0] + 0.7 * prior[1])) / 5.0) ** 2 + ((values[1] - prior[1]) / 50.0) ** 2
        return own + 0.05 * strength * lean

    best = minimize(
        loss, np.array([0.0, 30.0]), method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-4, "fatol": 1e-7}
    )
    return float(best.x[0] - 0.7 * best.x[1]), float(best.x[1])


def main() -> None:
    """Fit and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--out", type=Path, default=Path("safeguards/speaker/calibration.json"))
    arguments = parser.parse_args()
    enrolments, tests = sides(arguments.speech, which=0)
    cosines, same, seconds, snr = [], [], [], []
    for test in tests:
        for enrolment in enrolments:
            if enrolment.seconds + 0.6 < test.seconds and enrolment.speaker != test.speaker:
                continue
            cosines.append(float(enrolment.embedding @ test.embedding))
            same.append(enrolment.speaker == test.speaker)
            seconds.append(min(enrolment.seconds, test.seconds))
            snr.append(min(enrolment.snr_db, test.snr_db))
    cosine, is_same = np.array(cosines), np.array(same)
    row, column = np.digitize(seconds, SECOND_EDGES), np.digitize(snr, SNR_EDGES)
    pooled = fit(cosine, is_same, None)
    buckets = []
    for duration in range(len(SECOND_EDGES) + 1):
        line = []
        for noise in range(len(SNR_EDGES) + 1):
            here = (row == duration) & (column == noise)
            offset, slope = fit(cosine[here], is_same[here], pooled)
            others = cosine[here & ~is_same]
            print(duration, noise, "same", int(is_same[here].sum()), "other", len(others), offset, slope)
            line.append(
                {"offset": offset, "slope": slope, "mean": float(others.mean()), "deviation": float(others.std())}
            )
        buckets.append(line)
    speakers = sorted({side.speaker for side in enrolments})
    content = {
        "version": "ge2e-1",
        "second_edges": SECOND_EDGES,
        "snr_edges": SNR_EDGES,
        "speakers": speakers,
        "buckets": buckets,
    }
    arguments.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
