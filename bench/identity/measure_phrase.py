"""Measure the phrase check on speakers whose recordings set no threshold."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import Audio
from bench.identity.corpus import RATE, items
from bench.identity.figures import rate
from bench.identity.phrase_trials import Trial, phrase_trials
from safeguards.challenge import check
from safeguards.detector.channels import add_noise

_TRIES = 3
# The readers whose sentences come with transcripts: these two set the operating points ...
TUNING_SPEAKERS = ("LJ", "kathleen")
# ... and these are measured.
TEST_SPEAKERS = ("ls1688", "ls1998", "ls2033", "ls2414", "ls367")


def measure_phrase(speech: Path, quick: bool) -> dict[str, Any]:
    """Acceptance of true readings and of every edit, clean and with pink noise at 15 dB; seconds per check."""
    rows = [
        row
        for row in items(speech)
        if row.speaker in TEST_SPEAKERS and row.kind == "bonafide" and row.transcript and row.seconds <= 12.0
    ]
    if quick:
        rows = rows[::6]
    made = [trial for number, row in enumerate(rows) for trial in phrase_trials(row, np.random.default_rng(number))]
    conditions = {"clean": None, "pink 15 dB": 15.0}
    return {
        "speakers": len({row.speaker for row in rows}),
        "recordings": len(rows),
        "conditions": {name: _condition(made, snr) for name, snr in conditions.items()},
    }


def _condition(made: list[Trial], snr_db: float | None) -> dict[str, Any]:
    accepted: dict[str, list[bool]] = {}
    tried: dict[str, list[bool]] = {}
    spent, seconds = 0.0, 0.0
    for number, trial in enumerate(made):
        samples = trial.samples
        if snr_db is not None:
            samples = add_noise(samples, snr_db, np.random.default_rng(number))
        started = time.process_time()
        evidence = check(Audio.mono(samples, RATE), trial.items)
        spent += time.process_time() - started
        seconds += len(samples) / RATE
        accepted.setdefault(trial.kind, []).append(evidence.passed)
        if trial.kind == "true":
            tried.setdefault(trial.speaker, []).append(evidence.passed)
    return {
        "true_within_three_tries": _three_tries(tried),
        "accepted": {kind: rate(sum(passed), len(passed)) for kind, passed in accepted.items()},
        "cpu_seconds_per_audio_second": spent / max(seconds, 1e-9),
    }


def _three_tries(tried: dict[str, list[bool]]) -> dict[str, Any]:
    """Share of runs of three phrases of one speaker of which at least one was accepted."""
    runs = [
        any(passed[start : start + _TRIES])
        for passed in tried.values()
        for start in range(0, len(passed) - _TRIES + 1, _TRIES)
    ]
    return rate(sum(runs), len(runs))
