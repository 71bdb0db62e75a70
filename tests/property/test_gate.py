"""Whatever else the evidence says: one element missing, or one score that is no number, and nothing is permitted."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import timedelta
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguards import evidence as ev
from safeguards import gate
from safeguards.errors import Refusal
from tests.factories import evidence as make

SCORES = st.one_of(st.floats(-30.0, 30.0), st.sampled_from([0.0, 1.0, 1e-6, math.inf, -math.inf, math.nan]))
TIMES = st.integers(-1000, 1000).map(lambda minutes: make.NOW + timedelta(minutes=minutes))
WORLDS = st.sampled_from(["live", "sandbox"])
TEXTS = st.sampled_from(["narration", "en", "mp3", "org_1", "voi_1", "voi_2", "apple"])
STATES = st.sampled_from(["active", "consumed", "ready", "queued", "training", "screening", "revoked", "pending"])
st.register_type_strategy(float, SCORES)
NOW, POLICIES = make.NOW, {"live": gate.LIVE, "sandbox": gate.SANDBOX}


def random_of(kind):
    """Any instance of a dataclass of facts, with every element present."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{item.name: _values(item.name, hints[item.name]) for item in fields(kind)})


def _values(name: str, hint):
    parts = [part for part in getattr(hint, "__args__", ()) if part is not type(None)]
    if type(None) in getattr(hint, "__args__", ()):
        return _values(name, parts[0])
    if hasattr(hint, "__dataclass_fields__"):
        return random_of(hint)
    if name == "world":
        return WORLDS
    if name == "state":
        return STATES
    if name.endswith("_at") or name == "not_before":
        return TIMES
    if hint is str:
        return TEXTS
    if getattr(hint, "__origin__", None) is tuple:
        return st.lists(_values("", parts[0]), max_size=3).map(tuple)
    if getattr(hint, "__origin__", None) is dict:
        return st.just({})
    return {float: SCORES, bool: st.booleans(), int: st.integers(0, 2000)}[hint]


def _better_or_random(good, kind, name):
    """Half of the time the element that passes, so that the missing one is really what refuses."""
    hint = get_type_hints(kind)[name]
    return st.one_of(st.just(getattr(good, name)), _values(name, hint))


def lacking(good, element):
    """Evidence lacking ``element``, the rest flawless or random, in the world of ``good``."""
    kind = type(good)
    kept = {
        item.name: st.just(getattr(good, item.name))
        if item.name in {"world", "first"} or item.name.endswith("_id")
        else _better_or_random(good, kind, item.name)
        for item in fields(kind)
        if item.name != element
    }
    return st.builds(kind, **kept, **{element: st.none()})


def optional_elements(kind) -> list[str]:
    return [name for name, hint in get_type_hints(kind).items() if type(None) in getattr(hint, "__args__", ())]


CONSENT = optional_elements(gate.ConsentEvidence)
TAKE = optional_elements(gate.TakeEvidence)
ENROLMENT = optional_elements(gate.EnrolmentEvidence)
TRAINING = optional_elements(gate.TrainingFacts)


def test_the_lists_of_elements_are_what_the_design_asks_for():
    assert set(CONSENT) == {
        "asked",
        "challenge",
        "quality",
        "consistency",
        "speaker",
        "liveness",
        "watermark",
        "duplicate",
        "identity",
    }
    assert set(TAKE) >= {"text", "speaker", "liveness", "watermark", "duplicate"}
    assert set(ENROLMENT) >= {"voice", "consent", "speaker", "identity"}


@pytest.mark.parametrize("world", ["live", "sandbox"])
@pytest.mark.parametrize("element", CONSENT)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_no_consent_lacking_one_element_is_permitted_or_reviewed(element, world, data):
    found = data.draw(lacking(make.consent_evidence(world=world), element))
    with pytest.raises(Refusal) as refusal:
        gate.permit_consent(found, POLICIES[world], NOW, approvals=frozenset({"a", "b"}))
    assert "evidence_missing" in refusal.value.codes


@pytest.mark.parametrize("world", ["live", "sandbox"])
@pytest.mark.parametrize("element", TAKE)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_no_reading_lacking_one_element_is_permitted(element, world, data):
    with pytest.raises(Refusal) as refusal:
        gate.permit_take(data.draw(lacking(make.take_evidence(world=world), element)), POLICIES[world], NOW)
    assert "evidence_missing" in refusal.value.codes


@pytest.mark.parametrize("element", ENROLMENT)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_no_enrolment_lacking_one_element_is_permitted(element, data):
    with pytest.raises(Refusal) as refusal:
        gate.permit_enrolment(data.draw(lacking(make.enrolment_evidence(), element)), gate.LIVE, NOW)
    assert "evidence_missing" in refusal.value.codes


@pytest.mark.parametrize("element", TRAINING)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_no_training_lacking_one_element_is_permitted(element, data):
    with pytest.raises(Refusal) as refusal:
        gate.permit_training(data.draw(lacking(make.training_facts(), element)), NOW)
    assert "evidence_missing" in refusal.value.codes


@pytest.mark.parametrize("element", ["voice", "consent", "grant"])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_request_without_voice_consent_or_grant_is_permitted_unless_it_is_the_actors(element, data):
    found = data.draw(lacking(make.synthesis_facts(), element))
    if found.voice is not None and found.voice.is_actor:
        found = replace(found, voice=replace(found.voice, is_actor=False))
    with pytest.raises(Refusal):
        gate.permit_synthesis(found, NOW)


@pytest.mark.parametrize("element", optional_elements(gate.ReleaseFacts))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_no_clip_lacking_one_element_leaves(element, data):
    with pytest.raises(Refusal) as refusal:
        gate.permit_release(data.draw(lacking(make.release_facts(), element)), NOW)
    assert "evidence_missing" in refusal.value.codes


@settings(max_examples=80, deadline=None)
@given(voice=random_of(gate.VoiceFacts), request=random_of(gate.RequestFacts), facts=random_of(gate.SynthesisFacts))
def test_whatever_is_permitted_has_a_live_voice_of_the_keys_world(voice, request, facts):
    found = replace(facts, voice=voice, request=request)
    try:
        gate.permit_synthesis(found, NOW)
    except Refusal:
        return
    assert voice.world == request.world
    assert voice.state in {"ready", "pending"} if voice.is_actor else voice.state == "ready"
    assert voice.is_actor or (facts.consent.expires_at > NOW and facts.grant.expires_at > NOW)


@pytest.mark.parametrize("field", ["p_synthetic", "p_replay", "splice"])
@settings(max_examples=10, deadline=None)
@given(other=random_of(ev.LivenessEvidence))
def test_a_liveness_score_that_is_no_number_never_permits_in_the_live_world(field, other):
    found = replace(make.consent_evidence(), liveness=replace(other, **{field: math.nan}))
    with pytest.raises(Refusal):
        gate.permit_consent(found, gate.LIVE, NOW, approvals=frozenset({"a", "b"}))


@settings(max_examples=80, deadline=None)
@given(found=random_of(gate.ConsentEvidence))
def test_a_permitted_consent_always_had_a_consumed_challenge_answered_in_time_with_the_words_drawn(found):
    policy = POLICIES[found.world]
    try:
        permit = gate.permit_consent(found, policy, NOW, approvals=frozenset({"a", "b"}))
    except Refusal:
        return
    assert isinstance(permit, gate.ConsentPermit)
    assert found.asked.state == "consumed"
    assert found.asked.issued_at <= found.asked.answered_at < found.asked.expires_at
    assert tuple(word.word for word in found.challenge.words) == found.asked.words
