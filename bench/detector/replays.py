"""The installed replay and splice nets on test voices, by the presentations of their training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench.detector.intervals import eer_by_voice, share_by_voice
from safeguards.detector.dataset import voice_part
from safeguards.detector.model import load
from safeguards.gate.policy import policy_for
from safeguards.liveness.assess import REPLAY_WEIGHTS, SPLICE_WEIGHTS
from safeguards.liveness.replay_statistics import describe_replay
from safeguards.liveness.splice_statistics import describe_splice
from safeguards.liveness.train import LIVE, POOLS, WHOLE, odds_of, people_of, replays, splices_among, tabulate

_PIECES, _SPLICED_PIECES = 2, 2  # of one voice


def table(speech: Path, cache: Path | None) -> dict[str, Any]:
    """EER per device, and how many live captures and replays do not pass or are refused, with intervals over voices.

    Args:
        speech: the shared speech.
        cache: statistics that training kept; made anew where None.
    """
    people = [clip for clip in people_of(speech, _PIECES) if voice_part(clip.voice) == "test"]
    presented = tabulate(people, replays, "replay-low", pauses=False, cache=cache)
    model = load(REPLAY_WEIGHTS, describe_replay)
    odds = odds_of(presented, model.tensors, model.card.lines, POOLS["replay"])
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


def splice_table(speech: Path, cache: Path | None) -> dict[str, Any]:
    """EER per kind of splice, and how many of each and of whole recordings do not pass or are refused, with intervals over voices.

    Args:
        speech: the shared speech.
        cache: statistics that training kept; made anew where None.
    """
    everybody = people_of(speech, _SPLICED_PIECES)
    people = [clip for clip in everybody if voice_part(clip.voice) == "test"]
    presented = tabulate(people, splices_among(everybody), "splice-junctions", pauses=True, cache=cache)
    model = load(SPLICE_WEIGHTS, describe_splice)
    odds = odds_of(presented, model.tensors, model.card.lines, POOLS["splice"])
    species = np.array([clip.system for clip in presented.clips])
    voices = np.array([clip.voice for clip in presented.clips])
    whole = species == WHOLE
    kinds = {kind: species == kind for kind in sorted(set(species) - {WHOLE})}
    policy = policy_for("live")

    def above(probability: float) -> dict[str, Any]:
        over = odds >= np.log(probability / (1.0 - probability))
        named = {"whole": whole, "any": ~whole} | kinds
        return {name: share_by_voice(list(over[which]), list(voices[which])) for name, which in named.items()}

    return {
        "eer": {
            kind: eer_by_voice(odds[whole], list(voices[whole]), odds[which], list(voices[which]))
            for kind, which in kinds.items()
        },
        "stopped": above(policy.splice_pass),
        "refused": above(policy.splice_review),
    }
