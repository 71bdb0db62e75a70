"""Each check, called and put into the gate's terms. What a check cannot say stays None, which the gate refuses."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from audiokit import Audio
from safeguards.evidence import (
    ChallengeEvidence,
    LivenessEvidence,
    QualityEvidence,
    SpeakerEvidence,
    TextEvidence,
    WatermarkEvidence,
)
from safeguards.gate import ConsistencyFacts, WatermarkFacts

Embedding = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker as the encoder hears one: the template (``safeguards.speaker.template``), and the speech behind it."""

    embedding: bytes
    version: str
    net_seconds: float
    snr_db: float

    @property
    def known(self) -> Embedding:
        """As the one who is compared with, float32 ``[numbers]`` of unit length."""
        return known_of(self.embedding)

    @property
    def heard(self) -> Embedding:
        """As the one who is in question, float32 ``[numbers]`` of unit length."""
        return heard_of(self.embedding)


def known_of(template: bytes) -> Embedding:
    """The vector of a template that stands for a known person."""
    from safeguards import speaker

    return speaker.reference(_rows(template))


def heard_of(template: bytes) -> Embedding:
    """The vector of a template that stands for a recording in question."""
    from safeguards import speaker

    return speaker.heard(_rows(template))


def _rows(template: bytes) -> Embedding:
    """Bytes of a template as numbers, ``[rows, numbers]``; one that an operator made elsewhere may have a single row."""
    from safeguards.speaker.cohort import cohort

    return np.frombuffer(template, np.float32).reshape(-1, cohort().embeddings.shape[1])


def challenge(audio: Audio, words: Sequence[str], statement: str | None, language: str) -> ChallengeEvidence:
    """The statement, then the words, in order and nothing else."""
    from safeguards.challenge import check

    return check(audio, list(words), statement=statement, language=language)


def text(audio: Audio, transcript: str, language: str) -> TextEvidence:
    """The sentence that was shown."""
    from safeguards.challenge import text_check

    return text_check(audio, transcript, language)


def quality(audio: Audio, least_seconds: float) -> QualityEvidence:
    """Enough clean speech."""
    from safeguards import speaker

    return speaker.quality(audio, least_seconds=least_seconds)


def consistency(audio: Audio) -> ConsistencyFacts:
    """One speaker throughout."""
    from safeguards import speaker

    return ConsistencyFacts(speaker.consistency(audio), speaker_version())


def liveness(
    audio: Audio, shown_s: Sequence[float] | None = None, said: ChallengeEvidence | None = None
) -> LivenessEvidence:
    """A living person, not a loudspeaker, not a synthesiser, not an editor.

    Where the words were shown one by one, at ``shown_s``, each must also have been said within its window.
    """
    from safeguards.liveness import Prompt, assess

    if shown_s is None or said is None:
        return assess(audio)
    return assess(audio, Prompt(shown_s, [word.start_s for word in said.words]))


def watermark(audio: Audio) -> WatermarkFacts:
    """None of our own marks, under any of the platform's keys.

    Raises:
        RuntimeError: this process was given no watermark key, so that nothing can be said.
    """
    from safeguards.watermark import VERSION, WatermarkKey, decode_payload, detect

    keys = [WatermarkKey.from_bytes(base64.b64decode(text)) for text in settings.VIVAVOCE_WATERMARK_KEYS]
    if not keys:
        raise RuntimeError("no watermark key is configured for this role")
    found = detect(audio, keys)
    evidence = WatermarkEvidence(found.present, found.payload, found.log10_p, VERSION)
    if found.payload is None or found.key_index is None:
        return WatermarkFacts(evidence, None)
    return WatermarkFacts(evidence, decode_payload(found.payload, keys[found.key_index]).actor)


def speaker_of(audio: Audio, heard: QualityEvidence) -> Speaker | None:
    """The speaker's template; None where there is no speech."""
    from safeguards import speaker

    try:
        embedding = speaker.template(audio)
    except speaker.NoSpeechError:
        return None
    return Speaker(embedding.tobytes(), speaker_version(), heard.net_seconds, heard.snr_db)


def speaker_template(recordings: Sequence[Audio]) -> tuple[bytes, str]:
    """Mean template of recordings of one person, and its version: what ``protected_voice_add`` takes.

    Raises:
        NoSpeechError: a recording without speech.
        ValueError: no recordings.
    """
    from safeguards import speaker

    return mean([speaker.template(audio).tobytes() for audio in recordings]), speaker_version()


def mean(embeddings: Sequence[bytes]) -> bytes:
    """Mean of templates, their rows of unit length again.

    Raises:
        ValueError: there are none.
    """
    if not embeddings:
        raise ValueError("a mean needs at least one embedding")
    total = np.sum([_rows(one) for one in embeddings], axis=0)
    return bytes((total / np.linalg.norm(total, axis=1, keepdims=True)).astype(np.float32).tobytes())


def same_speaker(known: Speaker, claimed: Speaker) -> SpeakerEvidence:
    """Are these two the same person?"""
    from safeguards import speaker

    return speaker.llr_embeddings(
        known.known,
        claimed.heard,
        min(known.net_seconds, claimed.net_seconds),
        min(known.snr_db, claimed.snr_db),
    )


def comparable(version: str) -> bool:
    """Whether templates of a version can be compared with those made now: the same encoder made them."""
    from safeguards.speaker.calibration import calibration

    return version in {calibration().version, *calibration().comparable}


def speaker_version() -> str:
    """Version of encoder and calibration, which goes with every template."""
    from safeguards.speaker.calibration import calibration

    return calibration().version
