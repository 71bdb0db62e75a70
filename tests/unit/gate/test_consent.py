"""What the gate makes of a consent recording."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from safeguards.errors import Refusal
from safeguards.evidence import DuplicateEvidence, IdentityEvidence, LivenessEvidence, WatermarkEvidence, WordScore
from safeguards.gate import (
    LIVE,
    SANDBOX,
    ConsentPermit,
    ConsistencyFacts,
    NeedsReview,
    WatermarkFacts,
    permit_consent,
)
from tests.factories import evidence as make

NOW = make.NOW
MARKED = WatermarkEvidence(True, 7, -40.0, "test-1")
GOOD = make.consent_evidence()


def codes(found) -> tuple[str, ...]:
    with pytest.raises(Refusal) as refusal:
        permit_consent(found, LIVE, NOW)
    return refusal.value.codes


def test_a_flawless_recording_is_permitted_for_its_consent_alone():
    permit = permit_consent(GOOD, LIVE, NOW)
    assert isinstance(permit, ConsentPermit)
    assert (permit.subject, permit.world, permit.policy_version) == ("con_1", "live", LIVE.version)


def test_all_reasons_that_held_are_named_heaviest_first():
    bad = replace(
        GOOD,
        liveness=LivenessEvidence(0.99, 0.01, 0.01, False, "t"),
        watermark=WatermarkFacts(MARKED, False),
        quality=replace(GOOD.quality, net_seconds=0.5),
    )
    assert codes(bad) == ("recording_watermarked", "speech_synthetic", "speech_too_short")


def test_the_person_is_told_which_word_failed():
    said = replace(GOOD.challenge, passed=False, problem="“candle” was not heard.")
    with pytest.raises(Refusal, match="“candle” was not heard") as refusal:
        permit_consent(replace(GOOD, challenge=said), LIVE, NOW)
    assert refusal.value.code == "challenge_wrong"


def test_words_other_than_those_drawn_refuse_even_if_the_check_passed_them():
    other = make.challenge(words=("one", "two", "three", "four", "five", "six"))
    assert codes(replace(GOOD, challenge=other)) == ("challenge_wrong",)


def test_one_word_that_did_not_hold_refuses_even_if_the_check_passed_the_whole():
    words = (*GOOD.challenge.words[:-1], WordScore(make.WORDS[-1], -3.0, False))
    assert codes(replace(GOOD, challenge=replace(GOOD.challenge, words=words))) == ("challenge_wrong",)


def test_a_recording_without_the_statement_is_missing_evidence():
    assert codes(replace(GOOD, challenge=replace(GOOD.challenge, statement_score=None))) == ("evidence_missing",)


def test_own_sentences_stand_in_for_the_statement():
    asked = replace(GOOD.asked, kind="sentences")
    said = replace(GOOD.challenge, statement_score=None)
    assert isinstance(permit_consent(replace(GOOD, asked=asked, challenge=said), LIVE, NOW), ConsentPermit)


@pytest.mark.parametrize("state", ["issued", "expired", "failed", "anything"])
def test_only_a_consumed_challenge_counts(state):
    assert "challenge_not_consumed" in codes(replace(GOOD, asked=replace(GOOD.asked, state=state)))


def test_an_answer_at_the_very_end_of_the_time_is_late():
    asked = replace(GOOD.asked, answered_at=GOOD.asked.expires_at)
    with pytest.raises(Refusal) as refusal:
        permit_consent(replace(GOOD, asked=asked), LIVE, NOW + timedelta(hours=1))
    assert refusal.value.code == "challenge_late"


def test_an_answer_before_the_question_is_refused():
    asked = replace(GOOD.asked, answered_at=GOOD.asked.issued_at - timedelta(seconds=1))
    assert codes(replace(GOOD, asked=asked)) == ("challenge_late",)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("p_synthetic", LIVE.synthetic_review + 0.01, "speech_synthetic"),
        ("p_replay", LIVE.replay_review + 0.01, "speech_replayed"),
        ("splice", LIVE.splice_review + 0.01, "recording_spliced"),
        ("p_synthetic", math.nan, "speech_synthetic"),
    ],
)
def test_a_presentation_attack_is_refused_by_name(field, value, reason):
    assert codes(replace(GOOD, liveness=replace(GOOD.liveness, **{field: value}))) == (reason,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("liveness", replace(GOOD.liveness, p_synthetic=(LIVE.synthetic_pass + LIVE.synthetic_review) / 2)),
        ("liveness", replace(GOOD.liveness, passed=False)),
        ("quality", replace(GOOD.quality, snr_db=(LIVE.snr_pass + LIVE.snr_review) / 2)),
        ("consistency", ConsistencyFacts((LIVE.consistency_pass + LIVE.consistency_review) / 2, "t")),
        ("duplicate", DuplicateEvidence(True, LIVE.duplicate_refuse - 0.01, "recording", "t")),
        ("identity", IdentityEvidence((LIVE.other_llr_pass + LIVE.other_llr_review) / 2, None, "t")),
    ],
)
def test_a_borderline_score_needs_two_people_and_is_never_active_by_itself(field, value):
    found = replace(GOOD, **{field: value})
    assert isinstance(permit_consent(found, LIVE, NOW), NeedsReview)
    assert isinstance(permit_consent(found, LIVE, NOW, approvals=frozenset({"op_1"})), NeedsReview)
    assert isinstance(permit_consent(found, LIVE, NOW, approvals=frozenset({"op_1", "op_2"})), ConsentPermit)


def test_no_number_of_reviewers_lifts_a_refusal():
    found = replace(GOOD, watermark=WatermarkFacts(MARKED, None))
    with pytest.raises(Refusal):
        permit_consent(found, LIVE, NOW, approvals=frozenset({"a", "b", "c"}))


def test_nobody_else_enrolled_and_nobody_protected_is_no_obstacle():
    found = replace(GOOD, identity=IdentityEvidence(None, None, "t"))
    assert isinstance(permit_consent(found, LIVE, NOW), ConsentPermit)


def test_a_long_recording_that_was_not_compared_with_itself_is_missing_evidence():
    assert codes(replace(GOOD, consistency=ConsistencyFacts(None, "t"))) == ("evidence_missing",)


def test_the_first_time_an_owner_is_heard_there_is_nobody_to_compare_with():
    found = replace(GOOD, first=True, speaker=None)
    assert isinstance(permit_consent(found, LIVE, NOW), ConsentPermit)


def test_later_only_the_same_person_may_consent():
    other = replace(GOOD.speaker, accepted_at_far=0.3)
    assert codes(replace(GOOD, speaker=other)) == ("speaker_mismatch",)
    assert codes(replace(GOOD, speaker=None)) == ("evidence_missing",)


class TestSandbox:
    """The actor's own speech passes there, and nothing else that is wrong does."""

    GOOD = make.consent_evidence(world="sandbox")
    ACTOR = replace(
        GOOD,
        watermark=WatermarkFacts(MARKED, True),
        liveness=LivenessEvidence(0.99, 0.01, 0.01, False, "t"),
        duplicate=DuplicateEvidence(True, 0.9, "clip", "t"),
        identity=IdentityEvidence(20.0, -5.0, "t"),
    )

    def test_the_actor_may_stand_for_a_person(self):
        assert isinstance(permit_consent(self.ACTOR, SANDBOX, NOW), ConsentPermit)

    def test_the_same_recording_is_refused_in_the_live_world_with_every_code(self):
        assert codes(replace(self.ACTOR, world="live")) == (
            "recording_watermarked",
            "speech_synthetic",
            "recording_duplicate",
            "voice_already_enrolled",
        )

    @pytest.mark.parametrize("actor", [False, None])
    def test_a_clip_that_is_not_the_actors_is_refused_there_too(self, actor):
        with pytest.raises(Refusal) as refusal:
            permit_consent(replace(self.ACTOR, watermark=WatermarkFacts(MARKED, actor)), SANDBOX, NOW)
        assert refusal.value.codes == ("recording_watermarked",)

    def test_everything_else_is_asked_as_of_anybody(self):
        wrong = replace(
            self.ACTOR,
            challenge=replace(self.ACTOR.challenge, passed=False),
            liveness=LivenessEvidence(0.99, 0.99, 0.99, False, "t"),
            identity=IdentityEvidence(20.0, 20.0, "t"),
        )
        with pytest.raises(Refusal) as refusal:
            permit_consent(wrong, SANDBOX, NOW)
        assert refusal.value.codes == (
            "voice_protected",
            "speech_replayed",
            "recording_spliced",
            "challenge_wrong",
        )


def test_evidence_of_one_world_is_not_judged_by_the_policy_of_the_other():
    with pytest.raises(RuntimeError, match="policy"):
        permit_consent(GOOD, SANDBOX, NOW)
