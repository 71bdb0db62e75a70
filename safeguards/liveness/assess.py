"""Presentation attack detection: is a living person at the microphone, now, in one go?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiokit import Audio
from audiokit.features import Floats
from audiokit.vad import working_signal
from safeguards.detector.model import CHANNELS, least_samples, load, watched
from safeguards.detector.score import log_odds_of, sigmoid
from safeguards.detector.score import version as detector_version
from safeguards.evidence import LivenessEvidence
from safeguards.gate.policy import policy_for
from safeguards.liveness.remade_statistics import describe_remade
from safeguards.liveness.replay_statistics import describe_replay, observe_replay
from safeguards.liveness.splice import SpliceCues, splice_cues
from safeguards.liveness.splice_statistics import describe_splice, observe_splice, together

REPLAY_WEIGHTS = Path(__file__).parent / "weights" / "replay.safetensors"
SPLICE_WEIGHTS = Path(__file__).parent / "weights" / "splice.safetensors"
REMADE_WEIGHTS = Path(__file__).parent / "weights" / "remade.safetensors"
VERSION = "liveness-6"
_DEAD_PAUSES = 0.3  # share of pauses with no background at all, from which a recording was put together
_DEAD_ODDS = 3.0
_LEAST_REACTION_S = 0.15
_MOST_REACTION_S = 4.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """When each challenge word appeared and when it was spoken, in seconds from the start of the recording."""

    shown_s: Sequence[float]
    spoken_s: Sequence[float]


def assess(audio: Audio, prompt: Prompt | None = None) -> LivenessEvidence:
    """Look for synthetic speech, speech put together again from spectra, a loudspeaker, cuts, and, where words were shown one by one, impossible reactions.

    Args:
        audio: the recording, any rate and channel count.
        prompt: timing of a word-by-word challenge, where there was one.

    Returns:
        Evidence; it passes by the limits of the live world's policy. A recording too short to judge does not.

    Raises:
        ModelError: a network's weights are missing or not the pinned ones.
    """
    replay, splice = load(REPLAY_WEIGHTS, describe_replay), load(SPLICE_WEIGHTS, describe_splice)
    remade = load(REMADE_WEIGHTS)
    version = "/".join((VERSION, detector_version(), *(net.card.version for net in (remade, replay, splice))))
    samples = working_signal(audio)
    if len(samples) < least_samples() or float(np.abs(samples).max()) < 1e-4:
        return LivenessEvidence(0.5, 0.5, 0.5, False, version)
    features, spoken = watched(samples)
    synthetic_odds, _ = log_odds_of(samples, features, spoken)
    remade_odds = remade_odds_of(describe_remade(samples, spoken))

    heard = replay.run_on(observe_replay(samples, features), spoken)
    replay_odds = replay.log_odds(float(heard.outputs.mean()), heard.channel)
    joined = splice.run_on(observe_splice(samples, features), spoken, pauses=True)
    splice_odds = splice.log_odds(together(joined.outputs), joined.channel)
    cues = splice_cues(samples)
    return evidence_of(synthetic_odds, remade_odds, replay_odds, splice_odds, cues, version, _reaction(prompt))


def remade_odds_of(numbers: Floats) -> float:
    """Calibrated log odds that speech was put together again from spectra, of :func:`describe_remade`'s numbers; what is unknown counts as usual."""
    model = load(REMADE_WEIGHTS)
    known = np.where(np.isnan(numbers), model.tensors["mean"], numbers)
    return model.log_odds(float(model.outputs(known).mean()), CHANNELS[0])


def evidence_of(
    synthetic_odds: float,
    remade_odds: float,
    replay_odds: float,
    splice_odds: float,
    background: SpliceCues,
    version: str,
    reaction: Mapping[str, float],
) -> LivenessEvidence:
    """Put together what the parts of the check said; calibrated log odds of each kind of attack.

    The detector and the look at onsets and periods find different machines, so the surer of the two counts: on calibration voices that
    permitted fewer copies, at as many people stopped, than their sum. What is no number in either is one in neither, and does not pass.
    """
    if background.dead_share > _DEAD_PAUSES:
        splice_odds = max(splice_odds, _DEAD_ODDS)
    scores = (sigmoid(float(np.maximum(synthetic_odds, remade_odds))), sigmoid(replay_odds), sigmoid(splice_odds))
    return LivenessEvidence(
        *scores,
        passed=policy_for("live").takes_for_alive(*scores) and reaction.get("reaction_ok", 1.0) > 0.0,
        version=version,
        cues={
            "background_step_db": background.step_db,
            "background_range_db": background.range_db,
            "dead_share": background.dead_share,
            "detector": sigmoid(synthetic_odds),
            "put_together_again": sigmoid(remade_odds),
            **reaction,
        },
    )


def _reaction(prompt: Prompt | None) -> dict[str, float]:
    """Shortest and longest time between a word's appearance and its onset; before it appeared nobody can read it."""
    if prompt is None or not prompt.shown_s or len(prompt.shown_s) != len(prompt.spoken_s):
        return {}
    waits = [spoken - shown for shown, spoken in zip(prompt.shown_s, prompt.spoken_s, strict=True)]
    plausible = min(waits) >= _LEAST_REACTION_S and max(waits) <= _MOST_REACTION_S
    return {"shortest_reaction_s": min(waits), "longest_reaction_s": max(waits), "reaction_ok": float(plausible)}
