"""One speaker throughout? The parts of one recording against each other.

Stretches of a second are embedded every 0.4 s, and nine numbers say how they lie to each other: whether some cut in time, or some division
in two wherever the parts stand, leaves two groups further apart than one person's moods do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from audiokit.features import Floats
from safeguards.speaker.calibration import calibration
from safeguards.speaker.encoder import SAMPLE_RATE, embed_partials, speech_only
from safeguards.speaker.errors import NoSpeechError

WINDOW_S, STEP_S = 1.0, 0.38
_LEAST_SECONDS = 4.0
_LEAST_SIDE = 2  # stretches on the shorter side of a division
_APART = 3  # stretches from one to the next that it shares no sound with
CUES = ("cut", "farthest", "far", "usual", "division", "one_way", "spread", "outsider", "seconds")


def consistency(audio: Audio) -> float | None:
    """Log-likelihood ratio of "one person speaks throughout" against "somewhere it changes".

    Returns:
        None where there are less than four seconds of speech to compare with each other.
    """
    try:
        speech = speech_only(audio)
    except NoSpeechError:
        return None
    return consistency_of(speech)


def consistency_of(speech: Floats) -> float | None:
    """As :func:`consistency`, from mono 16 kHz speech without pauses."""
    if len(speech) < _LEAST_SECONDS * SAMPLE_RATE:
        return None
    return calibration().consistency.llr(cues(stretches(speech), len(speech) / SAMPLE_RATE))


def stretches(speech: Floats) -> NDArray[np.float32]:
    """Embeddings of short stretches in order of time, ``[stretches, numbers]`` of unit length.

    Args:
        speech: mono 16 kHz ``[time]`` without pauses.
    """
    return embed_partials(speech, window_s=WINDOW_S, step_s=STEP_S)


def cues(parts: NDArray[np.float32], seconds: float) -> NDArray[np.float64]:
    """What the calibration weighs, ``[9]``, in the order of ``CUES``.

    Least cosine over all cuts in time; least and tenth least cosine of stretches that share no sound, and their mean; least cosine over
    all divisions along the direction in which the stretches vary most; that direction's share of the variance, and its variance; least cosine of
    a stretch with the mean of all; logarithm of the length.

    Args:
        parts: ``[stretches, numbers]`` of unit length, at least two.
        seconds: of speech.
    """
    count = len(parts)
    within = parts @ parts.T
    apart = within[np.triu_indices(count, min(_APART, count - 1))]
    centred = parts - parts.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    powers = sizes.astype(np.float64) ** 2
    along = parts[np.argsort(centred @ directions[0])]
    mean = parts.mean(axis=0)
    return np.array(
        [
            _least_of_divisions(parts),
            apart.min(),
            np.quantile(apart, 0.1),
            apart.mean(),
            _least_of_divisions(along),
            powers[0] / max(powers.sum(), 1e-9),
            powers[0] / count,
            float((parts @ mean).min()) / max(float(np.linalg.norm(mean)), 1e-9),
            np.log(seconds),
        ],
        dtype=np.float64,
    )


def _least_of_divisions(parts: NDArray[np.float32]) -> float:
    """Least cosine of the mean of a beginning of the row with that of its rest."""
    sums = np.cumsum(parts.astype(np.float64), axis=0)
    first = sums[_LEAST_SIDE - 1 : len(parts) - _LEAST_SIDE]
    second = sums[-1] - first
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(np.min(np.sum(first * second, axis=1) / np.maximum(lengths, 1e-9), initial=1.0))
