"""What the tests of the worker's side hear: the acoustic checks are replaced by what they would say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from safeguards.evidence import LivenessEvidence, QualityEvidence
from safeguards.gate import ConsistencyFacts
from tests.factories import evidence
from voices.analysis import checks, memory


class Hearing:
    """What every check says, changed by the test; by default a flawless live person."""

    def __init__(self) -> None:
        self.speaker = 0  # which of three people is heard
        self.liveness = evidence.liveness()
        self.watermark = evidence.unmarked()
        self.quality: QualityEvidence = evidence.quality()
        self.fails: Callable[[], None] = lambda: None
        self.fingerprint = b""
        self.shown_s: tuple[float, ...] | None = None  # what the liveness check was told of the prompt

    def embedding(self) -> bytes:
        vector = np.zeros(256, np.float32)
        vector[self.speaker] = 1.0
        return np.stack([vector, vector]).tobytes()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Hearing:
    hearing = Hearing()

    def liveness(audio: object, shown_s: tuple[float, ...] | None = None, said: object = None) -> LivenessEvidence:
        hearing.fails()
        hearing.shown_s = shown_s if said is not None else None
        return hearing.liveness

    def challenge(audio: object, words: list[str], statement: str | None, language: str):
        said = evidence.challenge(tuple(words))
        return said if statement else replace(said, statement_score=None)

    monkeypatch.setattr(checks, "liveness", liveness)
    monkeypatch.setattr(checks, "challenge", challenge)
    monkeypatch.setattr(checks, "text", lambda *_: evidence.take_evidence().text)
    monkeypatch.setattr(checks, "quality", lambda *_: hearing.quality)
    monkeypatch.setattr(checks, "watermark", lambda _: hearing.watermark)
    monkeypatch.setattr(checks, "consistency", lambda _: ConsistencyFacts(4.0, "t"))
    monkeypatch.setattr(
        checks,
        "speaker_of",
        lambda *_: checks.Speaker(hearing.embedding(), checks.speaker_version(), 15.0, 30.0),
    )
    monkeypatch.setattr(memory, "fingerprint_of", lambda _: hearing.fingerprint)
    monkeypatch.setattr(memory, "duplicate", lambda *_: evidence.unheard())
    return hearing


def checks_template(heard: Hearing, voice) -> bytes:
    from safeguards import vault
    from voices.services.templates import TEMPLATE_CONTEXT

    return vault.seal(voice.owner.data_key_id, heard.embedding(), context=TEMPLATE_CONTEXT)
