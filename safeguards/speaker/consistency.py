"""One speaker throughout? The parts of one recording against each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from audiokit.features import Floats
from safeguards.speaker.calibration import calibration
from safeguards.speaker.encoder import SAMPLE_RATE, embed_partials, speech_only, unit
from safeguards.speaker.errors import NoSpeechError

_LEAST_SECONDS = 4.0
_LEAST_SIDE = 2  # partial utterances on the shorter side of a cut


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
    return calibration().consistency.llr(least_cosine(embed_partials(speech)))


def least_cosine(partials: NDArray[np.float32]) -> float:
    """Least cosine of any beginning with its end, and of any two neighbouring partials with all others.

    Args:
        partials: ``[partials, 256]`` in order of time.
    """
    count = len(partials)
    cosines = [
        float(np.dot(unit(partials[:cut].mean(axis=0)), unit(partials[cut:].mean(axis=0))))
        for cut in range(_LEAST_SIDE, count - _LEAST_SIDE + 1)
    ]
    for start in range(count - 1):
        inside = np.zeros(count, dtype=bool)
        inside[start : start + 2] = True
        if (~inside).sum() >= _LEAST_SIDE:
            cosines.append(float(np.dot(unit(partials[inside].mean(axis=0)), unit(partials[~inside].mean(axis=0)))))
    return min(cosines, default=1.0)
