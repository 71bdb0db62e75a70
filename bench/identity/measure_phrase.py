"""Measure the phrase check on speakers whose recordings set no threshold."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.identity.corpus import RATE
from bench.identity.figures import rate
from bench.identity.phrase_margins import CONDITIONS, TEST_SPEAKERS, Judged, judged, phrase_set
from bench.identity.word_bank import KINDS
from safeguards.challenge.reading import Margins
from safeguards.challenge.thresholds import thresholds

_TRIES = 3
_COUNT, _QUICK = 24, 3  # draws of each speaker
MEASURED = CONDITIONS[:2]  # clean and 15 dB, for which there are targets


def measure_phrase(speech: Path, quick: bool, store: Path | None = None) -> dict[str, Any]:
    """Acceptance of true phrases and of every attack, for each condition; processor seconds per phrase.

    Args:
        speech: the corpus.
        quick: a few phrases only.
        store: folder that keeps each speaker's margins, so that a run can be taken up again; they depend on
            no threshold.
    """
    found, spent, seconds = list[Judged](), 0.0, 0.0
    for number, speaker in enumerate(TEST_SPEAKERS):
        place = None if store is None else store / f"phrase-{speaker}-{_QUICK if quick else _COUNT}.json"
        if place is None or not place.is_file():
            kept = _judge(speech, number, _QUICK if quick else _COUNT)
            if place is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json.dumps(kept), encoding="utf-8")
        else:
            kept = json.loads(place.read_text(encoding="utf-8"))
        found += [_read(one) for one in kept["judged"]]
        spent += kept["cpu_seconds"]
        seconds += kept["seconds_of_audio"]
    return {
        "version": thresholds().version,
        "speakers": len(TEST_SPEAKERS),
        "phrases": len(found) // len(MEASURED),
        "seconds_of_audio": seconds,
        "cpu_seconds_per_phrase": spent / max(len(found), 1),
        "conditions": {
            condition: _condition([one for one in found if one.condition == condition]) for condition in MEASURED
        },
    }


def _judge(speech: Path, number: int, count: int) -> dict[str, Any]:
    made = phrase_set(speech, TEST_SPEAKERS[number : number + 1], count, number)
    started = time.process_time()
    found = [asdict(one) for one in judged(made, conditions=MEASURED)]
    return {
        "judged": found,
        "cpu_seconds": time.process_time() - started,
        "seconds_of_audio": sum(len(phrase.samples) for phrase in made) / RATE,
    }


def _read(stored: dict[str, Any]) -> Judged:
    return Judged(**stored | {"words": tuple(Margins(**word) for word in stored["words"])})


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
        "changed_accepted": rate(*_counted([one for kind in KINDS for one in by_kind[kind]])),
    }


def _counted(passed: Sequence[bool]) -> tuple[int, int]:
    return sum(passed), len(passed)


def _three_tries(tried: dict[str, list[bool]]) -> dict[str, Any]:
    """Share of runs of three phrases of one speaker of which at least one was accepted."""
    runs = [
        any(passed[start : start + _TRIES])
        for passed in tried.values()
        for start in range(0, len(passed) - _TRIES + 1, _TRIES)
    ]
    return rate(sum(runs), len(runs))
