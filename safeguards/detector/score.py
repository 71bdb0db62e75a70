"""Is speech synthetic? A calibrated probability, per segment, with room for "cannot tell"."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from audiokit import Audio
from audiokit.vad import working_signal
from safeguards.detector.explanation import explain
from safeguards.detector.model import Model, least_samples, load
from safeguards.evidence import DetectorScore, SegmentScore, Verdict

WEIGHTS = Path(__file__).parent / "weights" / "detector.safetensors"
TECHNIQUE = "perceptrons over spectral, pulse and synchrony statistics of 2.5 s windows; calibrated by class of channel"
_LEAST_SPEECH_S = 1.0


def score(audio: Audio) -> DetectorScore:
    """Probability that the speech in a recording was made by a machine, and what spoke for it.

    The verdict is ``synthetic`` or ``bona_fide_like`` only outside the band that was set on real speech over channels
    the model never saw; never "human".

    Args:
        audio: any rate and channel count.

    Raises:
        ModelError: the weights are missing or not the pinned ones.
    """
    model = load(WEIGHTS)
    samples = working_signal(audio)
    if len(samples) < least_samples() or float(np.abs(samples).max()) < 1e-4:
        return DetectorScore(0.5, "inconclusive", (), model.card.version)
    windows = model.run(samples)
    *cues, together = explain(model, windows.numbers, model.card.lines[windows.channel].slope)
    segments = tuple(
        SegmentScore(start, end, sigmoid(model.log_odds(float(output), windows.channel)), found)
        for (start, end), output, found in zip(windows.spans, windows.outputs, cues, strict=True)
    )
    overall = model.log_odds(float(windows.outputs.mean()), windows.channel)
    return DetectorScore(
        p_synthetic=sigmoid(overall),
        verdict=verdict(model, overall, windows.spoken_seconds),
        segments=segments,
        version=model.card.version,
        channel=windows.channel,
        cues=together,
    )


def bands() -> tuple[float, float]:
    """The probabilities up to which the verdict is ``bona_fide_like`` and from which it is ``synthetic``; between them it is ``inconclusive``."""
    card = load(WEIGHTS).card
    return sigmoid(card.genuine_below), sigmoid(card.synthetic_above)


def sigmoid(log_odds: float) -> float:
    """Probability of log odds."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, log_odds))))


def verdict(model: Model, log_odds: float, spoken_seconds: float = _LEAST_SPEECH_S) -> Verdict:
    """What calibrated log odds, of so much speech, are called."""
    if spoken_seconds < _LEAST_SPEECH_S:
        return "inconclusive"
    if log_odds >= model.card.synthetic_above:
        return "synthetic"
    return "bona_fide_like" if log_odds <= model.card.genuine_below else "inconclusive"
