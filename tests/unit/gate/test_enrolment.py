"""What the gate makes of readings and of whole enrolments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from safeguards.errors import Refusal
from safeguards.evidence import IdentityEvidence
from safeguards.gate import (
    LIVE,
    ConsistencyFacts,
    EnrolmentPermit,
    TakePermit,
    TrainingPermit,
    permit_enrolment,
    permit_take,
    permit_training,
)
from tests.factories import evidence as make

NOW = make.NOW
TAKE, WHOLE, TRAINING = make.take_evidence(), make.enrolment_evidence(), make.training_facts()


def refused(call, facts) -> tuple[str, ...]:
    arguments = (facts, NOW) if call is permit_training else (facts, LIVE, NOW)
    with pytest.raises(Refusal) as refusal:
        call(*arguments)
    return refusal.value.codes


def test_a_flawless_reading_a_flawless_enrolment_and_its_training_are_permitted():
    assert isinstance(permit_take(TAKE, LIVE, NOW), TakePermit)
    assert isinstance(permit_enrolment(WHOLE, LIVE, NOW), EnrolmentPermit)
    assert isinstance(permit_training(TRAINING, NOW), TrainingPermit)


def test_another_speaker_in_one_reading_is_refused():
    speaker = replace(TAKE.speaker, accepted_at_far=0.4, llr=-6.0)
    assert refused(permit_take, replace(TAKE, speaker=speaker)) == ("speaker_mismatch",)


def test_one_reading_may_be_less_sure_than_all_together():
    between = replace(TAKE.speaker, accepted_at_far=(LIVE.far_pass + LIVE.far_review) / 2)
    assert isinstance(permit_take(replace(TAKE, speaker=between), LIVE, NOW), TakePermit)
    assert refused(permit_enrolment, replace(WHOLE, speaker=between)) == ("speaker_mismatch",)


def test_a_comparison_that_the_check_disowns_is_not_used():
    short = replace(TAKE.speaker, net_seconds=0.5, problem="Only 0.5 s of speech were found.")
    assert refused(permit_take, replace(TAKE, speaker=short)) == ("speech_too_short",)
    noisy = replace(TAKE.speaker, problem="The recording is too noisy.")
    assert refused(permit_take, replace(TAKE, speaker=noisy)) == ("recording_noisy",)


def test_a_short_reading_need_not_be_compared_with_itself_but_a_long_one_must():
    bare = replace(TAKE, consistency=ConsistencyFacts(None, "t"))
    assert refused(permit_take, bare) == ("evidence_missing",)
    short = replace(bare, quality=replace(bare.quality, net_seconds=3.0))
    assert isinstance(permit_take(short, LIVE, NOW), TakePermit)


def test_a_borderline_reading_is_refused_since_it_can_be_read_again():
    liveness = replace(TAKE.liveness, p_synthetic=(LIVE.synthetic_pass + LIVE.synthetic_review) / 2)
    assert refused(permit_take, replace(TAKE, liveness=liveness)) == ("speech_synthetic",)


def test_too_few_readings_and_readings_not_checked_yet_are_named():
    few = replace(WHOLE, takes_accepted=LIVE.takes_fewest - 1, takes_checking=2)
    assert refused(permit_enrolment, few) == ("takes_too_few", "takes_unchecked")


def test_a_voice_that_somebody_else_enrolled_is_refused():
    found = replace(WHOLE, identity=IdentityEvidence(LIVE.other_llr_review + 1, None, "t"))
    assert refused(permit_enrolment, found) == ("voice_already_enrolled",)


@pytest.mark.parametrize("call_and_facts", [(permit_enrolment, WHOLE), (permit_training, TRAINING)])
def test_nothing_is_learned_without_a_consent_in_force(call_and_facts):
    call, facts = call_and_facts
    consent = facts.consent
    assert refused(call, replace(facts, consent=replace(consent, state="withdrawn"))) == ("consent_withdrawn",)
    assert refused(call, replace(facts, consent=replace(consent, expires_at=NOW))) == ("consent_expired",)
    assert refused(call, replace(facts, consent=replace(consent, active_at=NOW + timedelta(1)))) == ("consent_missing",)
    assert refused(call, replace(facts, consent=replace(consent, simulated=True))) == ("world_mismatch",)


@pytest.mark.parametrize("state", ["collecting", "screening", "ready", "failed", "aborted"])
def test_only_a_queued_enrolment_or_one_in_training_is_trained(state):
    assert refused(permit_training, replace(TRAINING, state=state)) == ("enrolment_not_queued",)


@pytest.mark.parametrize("state", ["revoked", "erased", "suspended"])
def test_an_ended_or_suspended_voice_is_not_trained(state):
    voice = make.voice_facts(state)
    assert refused(permit_training, replace(TRAINING, voice=voice)) == (f"voice_{state}",)
