"""Evidence that passes the live policy, to be spoiled by the test: ``replace(consent_evidence(), liveness=None)``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from safeguards.evidence import (
    ChallengeEvidence,
    DuplicateEvidence,
    IdentityEvidence,
    LivenessEvidence,
    QualityEvidence,
    SpeakerEvidence,
    TextEvidence,
    WatermarkEvidence,
    WordScore,
)
from safeguards.gate import (
    ChallengeFacts,
    ConsentEvidence,
    ConsentFacts,
    ConsistencyFacts,
    EnrolmentEvidence,
    GrantFacts,
    ReleaseFacts,
    RequestFacts,
    SynthesisFacts,
    TakeEvidence,
    TrainingFacts,
    VoiceFacts,
    WatermarkFacts,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WORDS = ("apple", "banana", "candle", "dinosaur", "eagle", "factory")
VERSION = "test-1"


def asked(*, at: datetime = NOW, words: tuple[str, ...] = WORDS) -> ChallengeFacts:
    """A challenge answered ten seconds ago, in time."""
    issued = at - timedelta(seconds=40)
    return ChallengeFacts(
        challenge_id="cha_1",
        state="consumed",
        kind="words",
        words=words,
        issued_at=issued,
        expires_at=issued + timedelta(seconds=120),
        answered_at=at - timedelta(seconds=10),
    )


def challenge(words: tuple[str, ...] = WORDS) -> ChallengeEvidence:
    """All words held, and the statement before them."""
    return ChallengeEvidence(tuple(WordScore(word, 5.0, True) for word in words), True, 1.0, None, VERSION)


def quality() -> QualityEvidence:
    """Fifteen seconds of clean speech."""
    return QualityEvidence(15.0, 30.0, 0.0, None, VERSION)


def liveness() -> LivenessEvidence:
    """A living person, in one piece."""
    return LivenessEvidence(0.02, 0.02, 0.02, True, VERSION)


def unmarked() -> WatermarkFacts:
    """None of our marks."""
    return WatermarkFacts(WatermarkEvidence(False, None, -0.3, VERSION), None)


def unheard() -> DuplicateEvidence:
    """Never seen before."""
    return DuplicateEvidence(False, 0.0, None, VERSION)


def same_speaker() -> SpeakerEvidence:
    """Accepted at a threshold with one false accept in a hundred thousand."""
    return SpeakerEvidence(9.0, 4.0, 30.0, 1e-5, VERSION)


def consent_evidence(
    consent_id: str = "con_1", world: str = "live", *, facts: ChallengeFacts | None = None
) -> ConsentEvidence:
    """A consent recording without a flaw."""
    question = facts or asked()
    return ConsentEvidence(
        consent_id=consent_id,
        world=world,
        first=False,
        asked=question,
        challenge=challenge(question.words),
        quality=quality(),
        consistency=ConsistencyFacts(4.0, VERSION),
        speaker=same_speaker(),
        liveness=liveness(),
        watermark=unmarked(),
        duplicate=unheard(),
        identity=IdentityEvidence(-8.0, -9.0, VERSION),
    )


def take_evidence(take_id: str = "tak_1", world: str = "live") -> TakeEvidence:
    """A reading without a flaw."""
    return TakeEvidence(
        take_id=take_id,
        world=world,
        text=TextEvidence((WordScore("apple", 5.0, True),), 1.0, 1.0, True, None, VERSION),
        quality=quality(),
        consistency=ConsistencyFacts(4.0, VERSION),
        speaker=same_speaker(),
        liveness=liveness(),
        watermark=unmarked(),
        duplicate=unheard(),
    )


def voice_facts(state: str = "ready", world: str = "live", *, is_actor: bool = False) -> VoiceFacts:
    """A voice in use."""
    return VoiceFacts("voi_1", state, world, is_actor, state != "pending")


def consent_facts(world: str = "live") -> ConsentFacts:
    """An active consent for narration in English."""
    return ConsentFacts(
        "con_1",
        "active",
        world,
        world == "sandbox",
        ("narration",),
        ("en",),
        NOW - timedelta(days=1),
        NOW + timedelta(days=1),
    )


def grant_facts(world: str = "live") -> GrantFacts:
    """An active grant for narration in English as MP3."""
    return GrantFacts(
        "gra_1",
        "active",
        world,
        "voi_1",
        "org_1",
        ("narration",),
        ("en",),
        ("mp3",),
        NOW - timedelta(days=1),
        NOW + timedelta(days=1),
        1000,
    )


def request_facts(world: str = "live", *, reserved: bool = False) -> RequestFacts:
    """A request within that grant."""
    return RequestFacts("req_1", "org_1", world, "narration", "en", "mp3", 100, reserved)


def synthesis_facts(world: str = "live", *, reserved: bool = False) -> SynthesisFacts:
    """All that a request needs."""
    return SynthesisFacts(
        request_facts(world, reserved=reserved), voice_facts(world=world), consent_facts(world), grant_facts(world)
    )


def release_facts(world: str = "live") -> ReleaseFacts:
    """All that a clip needs."""
    return ReleaseFacts(synthesis_facts(world, reserved=True), True, True, "mp3", "0" * 64)


def enrolment_evidence(enrolment_id: str = "enr_1", world: str = "live") -> EnrolmentEvidence:
    """An enrolment without a flaw."""
    return EnrolmentEvidence(
        enrolment_id=enrolment_id,
        world=world,
        state="screening",
        voice=voice_facts("pending", world),
        consent=consent_facts(world),
        takes_accepted=10,
        takes_checking=0,
        net_seconds=60.0,
        speaker=same_speaker(),
        identity=IdentityEvidence(-8.0, -9.0, VERSION),
    )


def training_facts(enrolment_id: str = "enr_1", world: str = "live") -> TrainingFacts:
    """A queued enrolment."""
    return TrainingFacts(enrolment_id, world, "queued", voice_facts("pending", world), consent_facts(world), 10)
