"""Is it the same person? Calibrated comparison of recordings, and of the parts of one recording."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from audiokit import Audio
from audiokit.features import Floats
from audiokit.loudness import estimate_snr_db
from safeguards.evidence import SpeakerEvidence
from safeguards.speaker.calibration import calibration
from safeguards.speaker.encoder import SAMPLE_RATE, Embedding, embed_partials, speech_only, unit
from safeguards.speaker.errors import NoSpeechError

LEAST_SECONDS = 2.0
LEAST_SNR_DB = 5.0
_WINDOW_SECONDS = 2.0
_NOTHING = -50.0  # log-likelihood ratio reported where there is nothing to compare


def llr(enrolment: Sequence[Audio], test: Audio) -> SpeakerEvidence:
    """Compare a recording with a person's enrolment.

    Args:
        enrolment: one or more recordings of the claimed person.
        test: the recording in question.

    Returns:
        Evidence; with too little or too noisy speech on either side it carries ``problem``, and its ratio is not to be used.

    Raises:
        ValueError: no enrolment.
        EncoderError: the encoder's weights are missing or not the pinned ones.
    """
    if not enrolment:
        raise ValueError("an enrolment needs at least one recording")
    try:
        spoken = speech_only(test)
        known = [speech_only(audio) for audio in enrolment]
    except NoSpeechError as problem:
        return SpeakerEvidence(_NOTHING, 0.0, estimate_snr_db(test), 1.0, calibration().version, None, str(problem))
    seconds = len(spoken) / SAMPLE_RATE
    known_seconds = sum(len(speech) for speech in known) / SAMPLE_RATE
    snr = min(estimate_snr_db(test), max(estimate_snr_db(audio) for audio in enrolment))
    partials = embed_partials(spoken)
    reference = np.concatenate([embed_partials(speech) for speech in known])
    evidence = llr_embeddings(
        unit(reference.mean(axis=0)), unit(partials.mean(axis=0)), min(seconds, known_seconds), snr
    )
    return SpeakerEvidence(
        llr=evidence.llr,
        net_seconds=seconds,
        snr_db=snr,
        accepted_at_far=evidence.accepted_at_far,
        version=evidence.version,
        consistency_llr=_consistency(spoken, snr),
        problem=_shortcoming(min(seconds, known_seconds), snr),
    )


def llr_embeddings(first: Embedding, second: Embedding, net_seconds: float, snr_db: float) -> SpeakerEvidence:
    """Compare two embeddings.

    Args:
        first, second: float32 ``[256]`` of unit length.
        net_seconds: net speech behind the shorter side.
        snr_db: SNR of the noisier side.
    """
    constants = calibration()
    bucket = constants.bucket(net_seconds, snr_db)
    cosine = float(np.dot(first, second))
    return SpeakerEvidence(
        llr=bucket.llr(cosine),
        net_seconds=net_seconds,
        snr_db=snr_db,
        accepted_at_far=bucket.false_accept_rate(cosine),
        version=constants.version,
        problem=_shortcoming(net_seconds, snr_db),
    )


def consistency(audio: Audio) -> float | None:
    """Log-likelihood ratio of the worst two seconds of speech against the rest: one speaker throughout?

    Returns:
        None where there are less than four seconds of speech to compare with each other.
    """
    try:
        speech = speech_only(audio)
    except NoSpeechError:
        return None
    return _consistency(speech, estimate_snr_db(audio))


def _consistency(speech: Floats, snr_db: float) -> float | None:
    length = int(_WINDOW_SECONDS * SAMPLE_RATE)
    count = len(speech) // length
    if count < 2:
        return None
    windows = [embed_partials(speech[start * length : (start + 1) * length]) for start in range(count)]
    means = [window.mean(axis=0) for window in windows]
    bucket = calibration().bucket(_WINDOW_SECONDS, snr_db)
    scores = []
    for place, mean in enumerate(means):
        rest = np.mean([other for number, other in enumerate(means) if number != place], axis=0)
        scores.append(bucket.llr(float(np.dot(unit(mean), unit(rest)))))
    worst = min(scores)
    return worst if math.isfinite(worst) else None


def _shortcoming(seconds: float, snr_db: float) -> str | None:
    if seconds < LEAST_SECONDS:
        return f"Only {seconds:.1f} s of speech were found; at least {LEAST_SECONDS:.0f} s are needed."
    if snr_db < LEAST_SNR_DB:
        return "The recording is too noisy. Please move away from the noise, or closer to the microphone."
    return None
