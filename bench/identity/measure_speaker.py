"""Measure the speaker check on people it was not fitted on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench.identity.figures import det_points, equal_error, rate, reject_at
from bench.identity.speaker_trials import LENGTHS, MEASURED, carried, joined_voices, sides, voices
from safeguards.speaker.calibration import calibration
from safeguards.speaker.cohort import normalised
from safeguards.speaker.consistency import cues, stretches

_FAR = 1e-3
_FLAGGED = -2.0  # as the gate does


def measure_speaker(speech: Path, quick: bool) -> dict[str, Any]:
    """EER, misses at a false-accept rate of 1e-3, and calibration, per length and condition; one-speaker check."""
    people = voices(speech, which=1)
    if quick:
        people = people[::3]
    enrolments, tests = sides(people, MEASURED)
    scores = normalised(
        np.stack([side.embedding for side in enrolments]), np.stack([side.embedding for side in tests])
    ).astype(np.float64)
    same = np.array([[one.speaker == two.speaker for two in tests] for one in enrolments])
    several = {voice.speaker for voice in people if not voice.single}
    lines = []
    for seconds in LENGTHS:
        for condition in MEASURED:
            chosen = [
                place
                for place, side in enumerate(tests)
                if side.condition == condition
                and abs(side.seconds - seconds) < 0.4 * seconds
                and _longest(side.seconds) == seconds
            ]
            if not chosen:
                continue
            own, other = scores[:, chosen][same[:, chosen]], scores[:, chosen][~same[:, chosen]]
            far = [
                calibration()
                .bucket(tests[place].seconds, tests[place].snr_db)
                .false_accept_rate(float(scores[row, place]))
                for place in chosen
                for row in range(len(enrolments))
            ]
            accepted = np.array(far).reshape(len(chosen), -1).T <= _FAR
            mask = same[:, chosen]
            apart = np.array(
                [[enrolments[row].speaker in several for place in chosen] for row in range(len(enrolments))]
            )
            lines.append(
                {
                    "seconds": seconds,
                    "condition": condition,
                    "eer": equal_error(other, own),
                    "frr_at_far_1e-3": rate(*reject_at(other, own, _FAR)),
                    "frr_at_stored_threshold": rate(int((~accepted & mask).sum()), int(mask.sum())),
                    "frr_at_stored_threshold_other_recording": rate(
                        int((~accepted & mask & apart).sum()), int((mask & apart).sum())
                    ),
                    "far_at_stored_threshold": rate(int((accepted & ~mask).sum()), int((~mask).sum())),
                    "det": det_points(other, own),
                }
            )
    return {
        "speakers": len(people),
        "speakers_with_several_recordings": len(several),
        "trials": lines,
        "consistency": _consistency(people, quick),
    }


def _longest(seconds: float) -> float:
    """The nominal length of a test cut from a short rest."""
    return min(LENGTHS, key=lambda length: abs(length - seconds))


def _consistency(people: list[Any], quick: bool) -> dict[str, Any]:
    """Of one and of two people, as they are and over noise and telephones."""
    long = [voice for voice in people if len(voice.speech) > 16_000 * 5]
    rng = np.random.default_rng(6)
    made = joined_voices(long, rng, 60 if quick else 300)
    found: dict[str, Any] = {}
    for name in ("clean", "noise and telephones"):
        plain = name == "clean"
        heard = [
            speech if plain else carried(speech, 1 + place // 2 % 2, rng) for place, (_, speech) in enumerate(made)
        ]
        bucket = calibration().consistency
        llrs = np.array([bucket.llr(cues(stretches(speech), len(speech) / 16_000)) for speech in heard])
        one = np.array([single for single, _ in made])
        suffix = "" if plain else f", {name}"
        found |= {
            f"eer{suffix}": equal_error(llrs[~one], llrs[one]),
            f"one_person_below_-2{suffix}": rate(int((llrs[one] < _FLAGGED).sum()), int(one.sum())),
            f"two_people_below_-2{suffix}": rate(int((llrs[~one] < _FLAGGED).sum()), int((~one).sum())),
        }
    return found
