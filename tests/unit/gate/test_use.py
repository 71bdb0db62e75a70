"""What the gate makes of requests and of finished clips."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from safeguards.errors import Refusal
from safeguards.gate import ReleasePermit, SynthesisPermit, permit_release, permit_synthesis
from tests.factories import evidence as make

NOW = make.NOW
FACTS, CLIP = make.synthesis_facts(), make.release_facts()
ACTOR = replace(make.synthesis_facts("sandbox"), voice=make.voice_facts(world="sandbox", is_actor=True), consent=None)
ACTOR = replace(ACTOR, grant=None)


def refused(facts, now=NOW) -> tuple[str, ...]:
    call = permit_synthesis if hasattr(facts, "grant") else permit_release
    with pytest.raises(Refusal) as refusal:
        call(facts, now)
    return refusal.value.codes


def with_request(**changes):
    return replace(FACTS, request=replace(FACTS.request, **changes))


def with_grant(**changes):
    return replace(FACTS, grant=replace(FACTS.grant, **changes))


def test_a_request_within_its_grant_and_consent_is_permitted():
    permit = permit_synthesis(FACTS, NOW)
    assert isinstance(permit, SynthesisPermit)
    assert permit.subject == "req_1"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("requested", "grant_not_active"),
        ("revoked", "grant_revoked"),
        ("expired", "grant_expired"),
        ("exhausted", "grant_exhausted"),
        ("of_another_version", "grant_not_active"),
    ],
)
def test_a_grant_that_is_not_active_is_refused_by_name(state, code):
    assert refused(with_grant(state=state)) == (code,)


def test_the_window_of_a_grant_is_closed_at_its_end_and_open_at_its_start():
    assert isinstance(permit_synthesis(with_grant(not_before=NOW), NOW), SynthesisPermit)
    assert refused(with_grant(not_before=NOW + timedelta(seconds=1))) == ("grant_not_yet_valid",)
    assert refused(with_grant(expires_at=NOW)) == ("grant_expired",)


def test_purpose_language_and_format_must_be_granted_and_consented():
    assert refused(with_request(purpose="advertising")) == ("purpose_not_consented", "purpose_not_granted")
    assert refused(with_request(language="zh")) == ("language_not_consented", "language_not_granted")
    assert refused(with_request(format="flac")) == ("format_not_granted",)


def test_a_grant_wider_than_the_consent_does_not_widen_it():
    wide = with_grant(purposes=("narration", "advertising"))
    wide = replace(wide, request=replace(wide.request, purpose="advertising"))
    assert refused(wide) == ("purpose_not_consented",)


@pytest.mark.parametrize("change", [{"organisation_id": "org_2"}, {"voice_id": "voi_2"}])
def test_a_grant_of_another_app_or_voice_is_as_good_as_none(change):
    assert refused(with_grant(**change)) == ("grant_missing",)


def test_the_last_character_of_the_quota_can_be_used_and_one_more_cannot():
    assert isinstance(permit_synthesis(with_request(characters=1000), NOW), SynthesisPermit)
    assert refused(with_request(characters=1001)) == ("quota_exhausted",)
    assert refused(with_request(characters=0)) == ("quota_exhausted",)


def test_what_was_reserved_may_be_finished_after_the_rest_was_used_up():
    reserved = replace(
        make.synthesis_facts(reserved=True), grant=replace(FACTS.grant, state="exhausted", remaining_characters=0)
    )
    assert isinstance(permit_synthesis(reserved, NOW), SynthesisPermit)
    assert refused(replace(reserved, grant=replace(reserved.grant, state="revoked"))) == ("grant_revoked",)


@pytest.mark.parametrize("key_world", ["live", "sandbox"])
def test_the_worlds_do_not_mix(key_world):
    other = "sandbox" if key_world == "live" else "live"
    facts = replace(make.synthesis_facts(other), request=make.request_facts(key_world))
    assert refused(facts) == ("world_mismatch",)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("withdrawn", "consent_withdrawn"),
        ("expired", "consent_expired"),
        ("verifying", "consent_missing"),
        ("rejected", "consent_missing"),
    ],
)
def test_a_consent_that_is_not_in_force_is_refused_by_name(state, code):
    assert refused(replace(FACTS, consent=replace(FACTS.consent, state=state))) == (code,)


def test_a_consent_that_expires_between_accept_and_release_stops_the_release():
    facts = replace(CLIP, synthesis=replace(CLIP.synthesis, consent=replace(FACTS.consent, expires_at=NOW)))
    assert isinstance(permit_synthesis(facts.synthesis, NOW - timedelta(seconds=1)), SynthesisPermit)
    assert refused(facts) == ("consent_expired",)


def test_revoked_outweighs_withdrawn_and_both_are_named():
    facts = replace(
        FACTS,
        voice=make.voice_facts("revoked"),
        consent=replace(FACTS.consent, state="withdrawn"),
        grant=replace(FACTS.grant, state="revoked"),
    )
    assert refused(facts) == ("voice_revoked", "consent_withdrawn", "grant_revoked")


class TestRelease:
    """A clip leaves only with its mark in it."""

    def test_a_marked_clip_may_leave(self):
        assert isinstance(permit_release(CLIP, NOW), ReleasePermit)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"watermark_detected": False}, "watermark_missing"),
            ({"watermark_payload_matches": False}, "watermark_wrong"),
            ({"encoded_format": "wav"}, "format_wrong"),
            ({"sha256": ""}, "evidence_missing"),
        ],
    )
    def test_a_clip_without_its_mark_its_format_or_its_digest_stays(self, change, code):
        assert refused(replace(CLIP, **change)) == (code,)

    def test_something_true_that_is_not_true_itself_is_no_evidence(self):
        assert refused(replace(CLIP, watermark_detected=1)) == ("watermark_missing",)


class TestActor:
    """The sandbox's stock voice needs neither consent nor grant, and leaves the sandbox never."""

    def test_any_sandbox_key_may_use_it(self):
        assert isinstance(permit_synthesis(ACTOR, NOW), SynthesisPermit)

    def test_a_live_key_may_not(self):
        assert refused(replace(ACTOR, request=make.request_facts("live"))) == ("world_mismatch",)

    def test_a_live_voice_that_claims_to_be_an_actor_is_refused(self):
        facts = replace(FACTS, voice=make.voice_facts(is_actor=True), consent=None, grant=None)
        assert refused(facts) == ("world_mismatch",)
