"""The list of checks of a recording, with what to do next."""

from __future__ import annotations

from dataclasses import asdict, replace

from safeguards.gate import policy_for
from tests.factories import evidence as made
from vivavoce.web.checks import challenge_words, consent_checks, take_checks
from voices.evidence_json import to_json
from voices.models import Consent, Take


def consent(found: object, state: str = "rejected") -> Consent:
    stored = {"evidence": to_json(found), "policy": asdict(policy_for("live"))}
    return Consent(state=state, evidence=stored, created_at=made.NOW)


def test_all_is_well_when_nothing_refused() -> None:
    lines = consent_checks(consent(made.consent_evidence(), "active"))
    assert len(lines) == 8
    assert {line.tone for line in lines} == {"good"}
    assert {str(line.advice) for line in lines} == {""}


def test_what_refused_is_named_with_what_to_do() -> None:
    noisy = replace(made.quality(), snr_db=3.0)
    lines = consent_checks(consent(replace(made.consent_evidence(), quality=noisy)))
    bad = [line for line in lines if line.tone == "bad"]
    assert [str(line.name) for line in bad] == ["The sound is clear enough"]
    assert "quiet room" in str(bad[0].advice)


def test_what_is_borderline_waits_for_two_people() -> None:
    doubtful = replace(made.liveness(), p_replay=0.8)
    lines = consent_checks(consent(replace(made.consent_evidence(), liveness=doubtful), "needs_review"))
    assert [line.tone for line in lines].count("warn") == 1


def test_before_the_checks_there_is_no_list() -> None:
    assert consent_checks(Consent(state="submitted", created_at=made.NOW)) == []
    assert challenge_words(Consent(state="submitted")) == []


def test_evidence_of_an_older_shape_gives_no_list_and_no_error() -> None:
    assert consent_checks(Consent(state="rejected", evidence={"evidence": {"x": 1}, "policy": {}})) == []


def test_the_words_are_listed_as_they_were_heard() -> None:
    words = challenge_words(consent(made.consent_evidence()))
    assert [word.word for word in words] == list(made.WORDS)
    assert all(word.ok for word in words)


def test_a_reading_has_four_lines() -> None:
    stored = {"evidence": to_json(made.take_evidence()), "policy": asdict(policy_for("live"))}
    lines = take_checks(Take(state="accepted", evidence=stored, created_at=made.NOW))
    assert [line.tone for line in lines] == ["good"] * 4


def test_what_two_people_let_through_is_no_longer_called_wrong() -> None:
    noisy = replace(made.quality(), snr_db=10.0)
    held = consent(replace(made.consent_evidence(), quality=noisy), "active")
    held.active_at = made.NOW
    said = {str(line.name): (line.tone, str(line.outcome), str(line.advice)) for line in consent_checks(held)}
    assert said["The sound is clear enough"] == ("good", "yes, as two people judged", "")
