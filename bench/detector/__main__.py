"""``python -m bench.detector --spoofs DIR [--quick] [--json OUT] [--speech DIR]``: the committed detector on held-out voices.

Voices of the ``test`` part (see ``safeguards.detector.dataset.voice_part``), untouched and after random journeys, per
system, with false alarms over channels that training never met.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import Audio, read
from bench.identity.figures import calibration_error, det_points, equal_error, rate
from safeguards.detector import score
from safeguards.detector.channels import RATE, coded, journey, telephone
from safeguards.detector.dataset import Clip, clips, voice_part


def _samples(clip: Clip) -> np.ndarray:
    return read(clip.path, max_seconds=60.0, max_bytes=20_000_000).to_mono()[: 7 * RATE]


def _odds(probability: float) -> float:
    return math.log(max(probability, 1e-9) / max(1.0 - probability, 1e-9))


def measure(speech: Path, spoofs: Path | None, quick: bool) -> dict[str, Any]:
    """EER, verdicts and calibration of held-out voices; false alarms per channel."""
    held = [clip for clip in clips(speech, spoofs) if voice_part(clip.voice) == "test"]
    if quick:
        held = held[::5]
    result: dict[str, Any] = {"clips": len(held), "conditions": {}, "channels": {}}
    for condition in ("untouched", "journey"):
        rng = np.random.default_rng(1)
        rows = []
        for clip in held:
            samples = _samples(clip)
            heard = samples if condition == "untouched" else journey(samples, rng)
            rows.append((clip, score(Audio.mono(heard, RATE))))
        odds = np.array([_odds(found.p_synthetic) for _, found in rows])
        machine = np.array([clip.synthetic for clip, _ in rows])
        systems = {}
        for system in sorted({clip.system for clip, _ in rows if clip.system}):
            mine = np.array([clip.system == system for clip, _ in rows])
            systems[system] = equal_error(odds[~machine], odds[mine])
        error, bins = calibration_error(1.0 / (1.0 + np.exp(-odds)), machine)
        called = np.array([found.verdict == "synthetic" for _, found in rows])
        result["conditions"][condition] = {
            "eer": equal_error(odds[~machine], odds[machine]),
            "false_alarms": rate(int((called & ~machine).sum()), int((~machine).sum())),
            "called_synthetic": rate(int((called & machine).sum()), int(machine.sum())),
            "calibration_error": error,
            "reliability": bins,
            "det": det_points(odds[~machine], odds[machine]),
            "systems": systems,
        }
    humans = [clip for clip in held if not clip.synthetic]
    for channel in ("telephone", "mp3", "opus"):
        verdicts = []
        for clip in humans:
            samples = _samples(clip)
            heard = (
                telephone(samples) if channel == "telephone" else coded(samples, "mp3" if channel == "mp3" else "opus")
            )
            verdicts.append(score(Audio.mono(heard, RATE)).verdict)
        result["channels"][channel] = rate(verdicts.count("synthetic"), len(verdicts))
    return result


def main() -> None:
    """Measure, print, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--spoofs", type=Path)
    arguments = parser.parse_args()
    result = measure(arguments.speech, arguments.spoofs, arguments.quick)
    for condition, figures in result["conditions"].items():
        print(
            condition, {key: figures[key] for key in ("eer", "false_alarms", "called_synthetic", "calibration_error")}
        )
        for system, figure in figures["systems"].items():
            print(f"  {system}: EER {figure}")
    print("false alarms on people:", result["channels"])
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
