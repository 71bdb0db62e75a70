"""What the gate looks at: frozen, complete, without opinion. None always means that nobody knows, and refuses.

Scores come from ``safeguards.evidence``; states and times come from the rows, read inside the transaction that will use the permit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from safeguards.evidence import (
    ChallengeEvidence,
    DuplicateEvidence,
    IdentityEvidence,
    LivenessEvidence,
    QualityEvidence,
    SpeakerEvidence,
    TextEvidence,
    WatermarkEvidence,
)


@dataclass(frozen=True, slots=True)
class ChallengeFacts:
    """The challenge row that a recording answers.

    ``kind`` is ``words`` (drawn at random) or ``sentences`` (the person's own, live demo); ``shown_s`` when each word was
    shown, in seconds from the start of the recording, where the client told.
    """

    challenge_id: str
    state: str
    kind: str
    words: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    shown_s: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class WatermarkFacts:
    """Screening for our own mark; ``actor`` is the payload's actor bit, None when no mark was read."""

    evidence: WatermarkEvidence
    actor: bool | None


@dataclass(frozen=True, slots=True)
class ConsistencyFacts:
    """One speaker throughout: natural-log likelihood ratio of the worst window against the rest of the recording.

    ``worst_llr`` is None where the recording is too short to be compared with itself.
    """

    worst_llr: float | None
    version: str


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """Everything about one consent recording.

    An owner is one person: unless it is the ``first`` time that this owner is heard, ``speaker`` compares with the owner's known voice.
    """

    consent_id: str
    world: str
    first: bool
    asked: ChallengeFacts | None
    challenge: ChallengeEvidence | None
    quality: QualityEvidence | None
    consistency: ConsistencyFacts | None
    speaker: SpeakerEvidence | None
    liveness: LivenessEvidence | None
    watermark: WatermarkFacts | None
    duplicate: DuplicateEvidence | None
    identity: IdentityEvidence | None


@dataclass(frozen=True, slots=True)
class TakeEvidence:
    """Everything about one reading. ``speaker`` compares it with the consent recording."""

    take_id: str
    world: str
    text: TextEvidence | None
    quality: QualityEvidence | None
    consistency: ConsistencyFacts | None
    speaker: SpeakerEvidence | None
    liveness: LivenessEvidence | None
    watermark: WatermarkFacts | None
    duplicate: DuplicateEvidence | None


@dataclass(frozen=True, slots=True)
class VoiceFacts:
    """A voice row."""

    voice_id: str
    state: str
    world: str
    is_actor: bool
    has_model: bool


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """The consent that a voice stands on: its active one, else its latest."""

    consent_id: str
    state: str
    world: str
    simulated: bool
    purposes: tuple[str, ...]
    languages: tuple[str, ...]
    active_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """A grant row."""

    grant_id: str
    state: str
    world: str
    voice_id: str
    organisation_id: str
    purposes: tuple[str, ...]
    languages: tuple[str, ...]
    formats: tuple[str, ...]
    not_before: datetime
    expires_at: datetime
    remaining_characters: int


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What is asked for. ``world`` is that of the API key; ``reserved`` says the characters are already counted in the grant."""

    request_id: str
    organisation_id: str
    world: str
    purpose: str
    language: str
    format: str
    characters: int
    reserved: bool


@dataclass(frozen=True, slots=True)
class EnrolmentEvidence:
    """A whole enrolment. ``speaker`` is the worst take against the others; ``identity`` looks its mean embedding up."""

    enrolment_id: str
    world: str
    state: str
    voice: VoiceFacts | None
    consent: ConsentFacts | None
    takes_accepted: int | None
    takes_checking: int | None
    net_seconds: float | None
    speaker: SpeakerEvidence | None
    identity: IdentityEvidence | None


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """An enrolment that was accepted and waits for, or is in, training."""

    enrolment_id: str
    world: str
    state: str
    voice: VoiceFacts | None
    consent: ConsentFacts | None
    takes_accepted: int | None


@dataclass(frozen=True, slots=True)
class SynthesisFacts:
    """One request and all that it stands on."""

    request: RequestFacts
    voice: VoiceFacts | None
    consent: ConsentFacts | None
    grant: GrantFacts | None


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """One finished clip: the request's facts as they stand now, and the mark read again in the encoded bytes."""

    synthesis: SynthesisFacts
    watermark_detected: bool | None
    watermark_payload_matches: bool | None
    encoded_format: str | None
    sha256: str | None
