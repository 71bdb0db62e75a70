"""Presentation attacks on a consent, by ISO/IEC 30107-3: what the gate makes of the evidence, worst species first.

The attacker is given all that is not liveness: the words are assumed to be the right ones, in time and for the first time, in good
quality and in the owner's voice. What is left is whether the recording is taken for a living person's (liveness) and whether it
carries a mark of ours. APCER counts permits only, since a review stops the attack until two people let it through; BPCER is given with
reviews as stops and without.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from audiokit import Audio
from bench.detector.intervals import share_by_voice
from safeguards import challenge, fingerprint, liveness, speaker
from safeguards.detector.channels import RATE
from safeguards.errors import Refusal
from safeguards.evidence import (
    ChallengeEvidence,
    DuplicateEvidence,
    IdentityEvidence,
    LivenessEvidence,
    QualityEvidence,
    SpeakerEvidence,
    WatermarkEvidence,
    WordScore,
)
from safeguards.gate import (
    ChallengeFacts,
    ConsentEvidence,
    ConsistencyFacts,
    NeedsReview,
    WatermarkFacts,
    permit_consent,
    policy_for,
)
from safeguards.watermark import WatermarkKey, detect
from voices import consent_text

_NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_WORDS = ("apple", "banana", "candle", "dinosaur", "eagle", "factory")
_VERSION = "bench"


@dataclass(frozen=True, slots=True)
class Presented:
    """One presentation and what became of it: ``permit``, ``review`` or ``refuse``."""

    species: str
    voice: str
    outcome: str
    evidence: LivenessEvidence


def gate(found: LivenessEvidence, marked: bool) -> str:
    """What the live policy says when all else is in order."""
    asked = ChallengeFacts("c", "consumed", "words", _WORDS, _NOW - timedelta(seconds=40), _NOW + timedelta(seconds=80),
                           _NOW - timedelta(seconds=10))  # fmt: skip
    evidence = ConsentEvidence(
        consent_id="c",
        world="live",
        first=True,
        asked=asked,
        challenge=ChallengeEvidence(tuple(WordScore(word, 5.0, True) for word in _WORDS), True, 1.0, None, _VERSION),
        quality=QualityEvidence(15.0, 30.0, 0.0, None, _VERSION),
        consistency=ConsistencyFacts(4.0, _VERSION),
        speaker=SpeakerEvidence(9.0, 15.0, 30.0, 1e-5, _VERSION),
        liveness=found,
        watermark=WatermarkFacts(WatermarkEvidence(marked, None, -99.0 if marked else -0.3, _VERSION), None),
        duplicate=DuplicateEvidence(False, 0.0, None, _VERSION),
        identity=IdentityEvidence(None, None, _VERSION),
    )
    try:
        answer = permit_consent(evidence, policy_for("live"), _NOW)
    except Refusal:
        return "refuse"
    return "review" if isinstance(answer, NeedsReview) else "permit"


def table(rows: Sequence[Presented]) -> dict[str, dict[str, Any]]:
    """Per species: share permitted (APCER), share stopped, share refused; worst first."""
    found, policy = {}, policy_for("live")
    for species in {row.species for row in rows}:
        own = [row for row in rows if row.species == species]
        voices = [row.voice for row in own]
        found[species] = {
            "permitted": share_by_voice([row.outcome == "permit" for row in own], voices),
            "stopped": share_by_voice([row.outcome != "permit" for row in own], voices),
            "refused": share_by_voice([row.outcome == "refuse" for row in own], voices),
            "flagged_as_replay": share_by_voice([row.evidence.p_replay > policy.replay_pass for row in own], voices),
            "flagged_as_splice": share_by_voice([row.evidence.splice > policy.splice_pass for row in own], voices),
        }
    return dict(sorted(found.items(), key=lambda item: -item[1]["permitted"]["rate"]))


def seconds_of_a_check(samples: np.ndarray, turns: int = 3) -> float:
    """CPU seconds of the whole consent check of 15 s of speech on one core: quality, mark, speaker, liveness, fingerprint, words."""
    audio = Audio.mono(np.resize(samples, 15 * RATE), RATE)
    key, words = WatermarkKey.from_bytes(bytes(range(32))), challenge.draw("en", 48, Random(1))
    said = consent_text.statement(consent_text.current_version("en"), name="Ada Lovelace", purposes=["narration"],
                                  languages=["en"], day=_NOW.date())  # fmt: skip
    best = np.inf
    for _ in range(turns):
        start = time.process_time()
        speaker.quality(audio, least_seconds=5.0)
        detect(audio, [key])
        speaker.embed(audio)
        speaker.consistency(audio)
        liveness.assess(audio)
        fingerprint.extract(audio)
        challenge.check(audio, words, statement=said)
        best = min(best, time.process_time() - start)
    return float(best)
