"""Is a recording good enough to judge and to learn from? If not, what should the person do?"""

from __future__ import annotations

from audiokit import Audio
from audiokit.loudness import clipping_share, estimate_snr_db
from audiokit.vad import net_speech_seconds
from safeguards.evidence import QualityEvidence

VERSION = "quality-1"
_LEAST_SNR_DB = 10.0
_MOST_CLIPPED = 0.005


def quality(audio: Audio, *, least_seconds: float = 2.0) -> QualityEvidence:
    """Net speech, signal-to-noise ratio and clipping of one recording.

    Args:
        audio: the recording.
        least_seconds: net speech that is wanted.
    """
    seconds = net_speech_seconds(audio)
    snr = estimate_snr_db(audio)
    clipped = clipping_share(audio)
    return QualityEvidence(seconds, snr, clipped, _problem(seconds, snr, clipped, least_seconds), VERSION)


def _problem(seconds: float, snr: float, clipped: float, least_seconds: float) -> str | None:
    if seconds <= 0.0:
        return "No speech was heard. Please check that the right microphone is on, and speak up."
    if snr < _LEAST_SNR_DB:
        return "The recording is too noisy. Please move away from the noise, or closer to the microphone."
    if clipped > _MOST_CLIPPED:
        return "The recording is distorted because it is too loud. Please move back from the microphone a little."
    if seconds < least_seconds:
        return f"Only {seconds:.1f} s of speech were heard; at least {least_seconds:.0f} s are needed."
    return None
