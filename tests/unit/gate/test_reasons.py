"""Reason codes and policies are data that others rely on."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from safeguards.gate import LIVE, SANDBOX, Policy, Reason, policy_for, refuse


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_that_says_what_to_do(reason):
    sentence = reason.sentence
    assert sentence.endswith(".")
    assert len(sentence.split(". ")) >= 2, "one sentence says what is wrong, the next what to do"
    assert reason.value == reason.name.lower()


def test_a_refusal_names_each_code_once_heaviest_first():
    refusal = refuse([Reason.EVIDENCE_MISSING, Reason.SPEECH_SYNTHETIC, Reason.SPEECH_SYNTHETIC])
    assert refusal.codes == ("speech_synthetic", "evidence_missing")
    assert refusal.sentence == Reason.SPEECH_SYNTHETIC.sentence


def test_policies_do_not_change_and_differ_in_version():
    with pytest.raises(FrozenInstanceError):
        LIVE.far_pass = 1.0
    assert LIVE.version != SANDBOX.version


def test_the_sandbox_differs_from_the_live_world_in_nothing_but_its_actor():
    assert replace(SANDBOX, version=LIVE.version, world="live", accepts_actor=False) == LIVE


def test_no_live_policy_can_accept_the_actor():
    with pytest.raises(ValueError, match="sandbox"):
        Policy(version="x", world="live", accepts_actor=True)


def test_there_is_no_policy_for_a_third_world():
    with pytest.raises(RuntimeError):
        policy_for("staging")
