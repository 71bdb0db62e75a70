"""Is it the same person? Calibrated comparison of recordings."""

from __future__ import annotations

from collections.abc import Sequence

from audiokit import Audio
from audiokit.loudness import estimate_snr_db
from safeguards.evidence import SpeakerEvidence
from safeguards.speaker.calibration import calibration
from safeguards.speaker.cohort import normalised
from safeguards.speaker.consistency import consistency_of
from safeguards.speaker.encoder import SAMPLE_RATE, Embedding, embed_reference, embed_test, speech_only
from safeguards.speaker.errors import NoSpeechError

LEAST_SECONDS = 2.0
LEAST_SNR_DB = 5.0
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
    evidence = llr_embeddings(embed_reference(known), embed_test(spoken), min(seconds, known_seconds), snr)
    return SpeakerEvidence(
        llr=evidence.llr,
        net_seconds=seconds,
        snr_db=snr,
        accepted_at_far=evidence.accepted_at_far,
        version=evidence.version,
        consistency_llr=consistency_of(spoken),
        problem=_shortcoming(min(seconds, known_seconds), snr),
    )


def llr_embeddings(first: Embedding, second: Embedding, net_seconds: float, snr_db: float) -> SpeakerEvidence:
    """Compare two embeddings.

    Args:
        first: float32 ``[256]`` of unit length, of the known person, from ``reference``.
        second: of the recording in question, from ``heard``.
        net_seconds: net speech behind the shorter side.
        snr_db: SNR of the noisier side.
    """
    constants = calibration()
    bucket = constants.bucket(net_seconds, snr_db)
    score = float(normalised(first[None], second[None])[0, 0])
    return SpeakerEvidence(
        llr=bucket.llr(score),
        net_seconds=net_seconds,
        snr_db=snr_db,
        accepted_at_far=bucket.false_accept_rate(score),
        version=constants.version,
        problem=_shortcoming(net_seconds, snr_db),
    )


def _shortcoming(seconds: float, snr_db: float) -> str | None:
    if seconds < LEAST_SECONDS:
        return f"Only {seconds:.1f} s of speech were found; at least {LEAST_SECONDS:.0f} s are needed."
    if snr_db < LEAST_SNR_DB:
        return "The recording is too noisy. Please move away from the noise, or closer to the microphone."
    return None
