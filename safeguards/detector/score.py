"""Is speech synthetic? A calibrated probability, per segment, with room for "cannot tell"."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from audiokit.features import Floats
from audiokit.vad import working_signal
from safeguards.detector.brought import SyntheticModel, brought
from safeguards.detector.explanation import explain
from safeguards.detector.model import Card, Model, Windows, least_samples, load, watched
from safeguards.detector.phases import with_phases
from safeguards.evidence import BandShare, DetectorScore, SegmentScore, Verdict

WEIGHTS = Path(__file__).parent / "weights" / "detector.safetensors"
TECHNIQUE = (
    "perceptrons over spectral, pulse, synchrony and phase statistics of 2.5 s windows; calibrated by class of channel"
)
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
    model = _model()
    card = model.card
    samples = working_signal(audio)
    if len(samples) < least_samples() or float(np.abs(samples).max()) < 1e-4:
        return DetectorScore(0.5, "inconclusive", (), card.version)
    windows = _windows(model, samples)
    cues, together = _cues(model, windows)
    segments = tuple(
        SegmentScore(start, end, sigmoid(card.log_odds(float(output), windows.channel)), found)
        for (start, end), output, found in zip(windows.spans, windows.outputs, cues, strict=True)
    )
    overall = card.log_odds(float(windows.outputs.mean()), windows.channel)
    return DetectorScore(
        p_synthetic=sigmoid(overall),
        verdict=verdict(card, overall, windows.spoken_seconds),
        segments=segments,
        version=card.version,
        channel=windows.channel,
        cues=together,
    )


def log_odds_of(samples: Floats, features: Floats, spoken: NDArray[np.int64]) -> tuple[float, Card]:
    """Calibrated log odds of 16 kHz mono ``[time]``, whose features may be known already, and the card they come from.

    Args:
        samples: the sound.
        features, spoken: from :func:`safeguards.detector.model.watched`.
    """
    model = _model()
    windows = _windows(model, samples, (features, spoken))
    return model.card.log_odds(float(windows.outputs.mean()), windows.channel), model.card


def bands() -> tuple[float, float]:
    """The probabilities up to which the verdict is ``bona_fide_like`` and from which it is ``synthetic``; between them it is ``inconclusive``."""
    card = _model().card
    return sigmoid(card.genuine_below), sigmoid(card.synthetic_above)


def version() -> str:
    """Of the detector in use."""
    return _model().card.version


def technique() -> str:
    """How the detector in use works, in words."""
    found = brought()
    return TECHNIQUE if found is None else found.technique


def _model() -> Model | SyntheticModel:
    return brought() or load(WEIGHTS)


def _windows(
    model: Model | SyntheticModel, samples: Floats, known: tuple[Floats, NDArray[np.int64]] | None = None
) -> Windows:
    """Raw outputs; ours reads what phases say beside the features, which may be known already."""
    if not isinstance(model, Model):
        return model.run(samples)
    features, spoken = known or watched(samples)
    return model.run_on(with_phases(samples, features), spoken)


def _cues(model: Model | SyntheticModel, windows: Windows) -> tuple[list[tuple[BandShare, ...]], tuple[BandShare, ...]]:
    """What spoke in each window, and in all; nothing is known of a network that was brought."""
    if not isinstance(model, Model):
        return [()] * len(windows.spans), ()
    *each, together = explain(model, windows.numbers, model.card.lines[windows.channel].slope)
    return each, together


def sigmoid(log_odds: float) -> float:
    """Probability of log odds."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, log_odds))))


def verdict(card: Card, log_odds: float, spoken_seconds: float = _LEAST_SPEECH_S) -> Verdict:
    """What calibrated log odds, of so much speech, are called."""
    if spoken_seconds < _LEAST_SPEECH_S:
        return "inconclusive"
    if log_odds >= card.synthetic_above:
        return "synthetic"
    return "bona_fide_like" if log_odds <= card.genuine_below else "inconclusive"
