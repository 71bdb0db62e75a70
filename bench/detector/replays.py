"""The installed replay net on test voices, live and over each device, all through the rates that microphones have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench.detector.intervals import eer_by_voice, share_by_voice
from safeguards.detector.dataset import voice_part
from safeguards.detector.model import load
from safeguards.gate.policy import policy_for
from safeguards.liveness.assess import REPLAY_WEIGHTS
from safeguards.liveness.train import LIVE, odds_of, people_of, replays, tabulate

_PIECES = 3  # of one voice


def table(speech: Path, cache: Path | None) -> dict[str, Any]:
    """EER per device, and how many live captures and replays do not pass or are refused, with intervals over voices.

    Args:
        speech: the shared speech.
        cache: statistics that training kept; made anew where None.
    """
    people = [clip for clip in people_of(speech, _PIECES) if voice_part(clip.voice) == "test"]
    presented = tabulate(people, replays, "replay", pauses=False, cache=cache)
    model = load(REPLAY_WEIGHTS)
    odds = odds_of(presented, model.tensors, model.card.lines)
    species = np.array([clip.system for clip in presented.clips])
    voices = np.array([clip.voice for clip in presented.clips])
    live = species == LIVE
    found: dict[str, Any] = {
        device: eer_by_voice(odds[live], list(voices[live]), odds[species == device], list(voices[species == device]))
        for device in sorted(set(species) - {LIVE})
    }
    policy = policy_for("live")
    kinds = {"live": live} | {device: species == device for device in found}

    def above(probability: float) -> dict[str, Any]:
        over = odds >= np.log(probability / (1.0 - probability))
        return {name: share_by_voice(list(over[which]), list(voices[which])) for name, which in kinds.items()}

    return {"eer": found, "stopped": above(policy.replay_pass), "refused": above(policy.replay_review)}
