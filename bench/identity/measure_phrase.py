"""Measure the phrase check on speakers whose recordings set no threshold."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.identity.corpus import RATE
from bench.identity.figures import rate
from bench.identity.phrase_margins import CONDITIONS, TEST_SPEAKERS, Judged, judged, phrase_set
from bench.identity.word_bank import KINDS
from safeguards.challenge.thresholds import thresholds

_TRIES = 3
_COUNT, _QUICK = 12, 3  # draws of each speaker


def measure_phrase(speech: Path, quick: bool) -> dict[str, Any]:
    """Acceptance of true phrases and of every attack, for each condition; processor seconds per phrase."""
    made = phrase_set(speech, TEST_SPEAKERS, _QUICK if quick else _COUNT)
    started = time.process_time()
    found = list(judged(made))
    spent = time.process_time() - started
    return {
        "version": thresholds().version,
        "speakers": len(TEST_SPEAKERS),
        "phrases": len(made),
        "seconds_of_audio": sum(len(phrase.samples) for phrase in made) / RATE,
        "cpu_seconds_per_phrase": spent / max(len(found), 1),
        "conditions": {
            condition: _condition([one for one in found if one.condition == condition]) for condition in CONDITIONS
        },
    }


def accepted(one: Judged) -> bool:
    """As ``safeguards.challenge.check`` decides on words of one item each."""
    limits = thresholds()
    held = all(limits.word_llr(word) >= limits.least_word_llr for word in one.words)
    return held and min(one.insertions) >= limits.least_extra_word


def _condition(found: Sequence[Judged]) -> dict[str, Any]:
    limits = thresholds()
    true = [one for one in found if one.kind == "true"]
    words = [limits.word_llr(word) >= limits.least_word_llr for one in true for word in one.words]
    tried: dict[str, list[bool]] = {}
    for one in true:
        tried.setdefault(one.speaker, []).append(accepted(one))
    by_kind = {kind: [accepted(one) for one in found if one.kind == kind] for kind in ("true", *KINDS)}
    return {
        "true_words_held": rate(sum(words), len(words)),
        "true_within_three_tries": _three_tries(tried),
        "accepted": {kind: rate(sum(passed), len(passed)) for kind, passed in by_kind.items()},
    }


def _three_tries(tried: dict[str, list[bool]]) -> dict[str, Any]:
    """Share of runs of three phrases of one speaker of which at least one was accepted."""
    runs = [
        any(passed[start : start + _TRIES])
        for passed in tried.values()
        for start in range(0, len(passed) - _TRIES + 1, _TRIES)
    ]
    return rate(sum(runs), len(runs))
