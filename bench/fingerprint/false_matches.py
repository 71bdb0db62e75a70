"""How often unrelated speech matches, and whether p-values mean what they say, on test speakers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench.fingerprint.corpus import audio, same_sentences, stretches
from bench.watermark.stats import wilson
from safeguards.fingerprint import FingerprintIndex, Match, compare, extract, fit_null
from safeguards.fingerprint.distortions import DISTORTIONS
from safeguards.fingerprint.matching import log10_chance


def calibration(speech: Path, pairs: int, seed: int = 7) -> list[dict[str, Any]]:
    """Share of unrelated pairs of test speakers whose p-value lies below each power of ten."""
    found = fit_null.pairs(speech, pairs, test=True, per_speaker=12, seed=seed)
    powers = np.array([log10_chance(score, area) for score, area in found])
    rows = []
    for power in (-1, -2, -3, -4, -5):
        below = int((powers <= power).sum())
        rows.append({"p": 10.0**power, "n": len(powers), "below": below, "interval": wilson(below, len(powers))})
    return rows


def index_null(speech: Path, records: int, queries: int, seed: int = 11) -> dict[str, Any]:
    """Distorted 3 s of test speakers asked of an index that holds none of them: how often its best match is below each power of ten.

    This is what ``Match.log10_p`` claims: one query against everything that was searched.
    """
    rng = np.random.default_rng(seed)
    index = FingerprintIndex()
    for number, piece in enumerate(stretches(speech, 5.0, records, test=False)):
        index.add(str(number), extract(audio(piece.samples)))
    best = []
    for piece in stretches(speech, 3.0, queries):
        changed = DISTORTIONS[str(rng.choice(list(DISTORTIONS)))](piece.samples, rng)
        best += index.query(extract(audio(changed)), top=1)
    powers = np.array([match.log10_p for match in best])
    believed = sum(match.believed for match in best)
    below = {f"1e-{k}": int((powers <= -k).sum()) for k in range(1, 7)}
    return {
        "record_seconds": index.seconds,
        "n": len(best),
        "at_or_below": below,
        "surprising_interval": wilson(below["1e-3"], len(best)),
        "believed": believed,
        "believed_interval": wilson(believed, len(best)),
        "smallest_log10_p": float(powers.min()),
    }


def hard_negatives(speech: Path) -> list[dict[str, Any]]:
    """Readings of one sentence compared, and renderings of one text by the embedded engine."""
    rows = []
    for test in (False, True):
        matches: dict[str, list[Match]] = {}
        for kind, left, right in same_sentences(speech, test=test):
            matches.setdefault(kind, []).append(compare(extract(audio(left)), extract(audio(right))))
        rows += [_row(kind, "test" if test else "tuning", found) for kind, found in matches.items()]
    return rows


def synthetic_negatives(texts: list[str], voices: int) -> list[dict[str, Any]]:
    """Clips of sandbox voices: one text in two voices, one voice twice with the same text, one voice with two texts."""
    from synthesis.engine.parametric import render
    from synthesis.engine.parametric.actors import sandbox_actor

    actors = [sandbox_actor(number) for number in range(voices)]
    prints = {
        (voice, number, seed): extract(render(actor, text, seed=seed))
        for voice, actor in enumerate(actors)
        for number, text in enumerate(texts)
        for seed in (1, 2)
    }
    found: dict[str, list[Match]] = {}
    for (voice, number, seed), printed in prints.items():
        for (other, text, other_seed), compared in prints.items():
            if (voice, number, seed) >= (other, text, other_seed):
                continue
            if number == text and voice != other and seed == other_seed == 1:
                found.setdefault("synthetic: same text, other voice", []).append(compare(printed, compared))
            elif number == text and voice == other:
                found.setdefault("synthetic: same text, same voice, other seed", []).append(compare(printed, compared))
            elif voice == other and seed == other_seed == 1:
                found.setdefault("synthetic: other text, same voice", []).append(compare(printed, compared))
    return [_row(kind, "test", matches) for kind, matches in found.items()]


def _row(kind: str, split: str, found: list[Match]) -> dict[str, Any]:
    surprising = sum(match.surprising for match in found)
    same = sum(match.believed for match in found)
    cosines = [match.score for match in found if match.surprising] or [0.0]
    return {
        "pairs": kind,
        "split": split,
        "n": len(found),
        "surprising": surprising,
        "same_recording": same,
        "same_recording_interval": wilson(same, len(found)),
        "largest_score": max(cosines),
        "strengths": [round(match.strength, 3) for match in found],
        "scores": [round(match.score, 3) for match in found],
        "overlaps_s": [round(match.overlap_s, 2) for match in found],
    }
