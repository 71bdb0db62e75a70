"""Grants: asked for by an app, answered by the owner, bounded, counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audiokit import clock
from safeguards.errors import Refusal
from safeguards.gate import RequestFacts, permit_synthesis
from tests.factories import accounts
from tests.factories import voices as make
from voices import hooks, selectors, services
from voices.errors import Conflict, Invalid, NotFound
from voices.models import Consent, Grant, Voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def time():
    with clock.frozen(clock.system()) as frozen:
        yield frozen


def owner_of(grant: Grant) -> str:
    return make.account_of(grant.voice)


def asks(grant: Grant, *, characters: int = 10, reserved: bool = False):
    request = RequestFacts("req_1", grant.organisation_id, grant.world, "narration", "en", "mp3", characters, reserved)
    facts = selectors.synthesis_facts(voice_id=grant.voice_id, grant_id=grant.pk, request=request)
    return permit_synthesis(facts, clock.now())


class TestAnswer:
    """Only the owner answers."""

    def test_approved_it_permits_and_before_it_does_not(self):
        grant = make.requested_grant()
        with pytest.raises(Refusal, match="grant_not_active"):
            asks(grant)
        services.grant_approve(account_id=owner_of(grant), grant_id=grant.pk)
        assert asks(grant).subject == "req_1"

    def test_declined_it_has_ended(self):
        grant = make.requested_grant()
        assert services.grant_decline(account_id=owner_of(grant), grant_id=grant.pk).state == "revoked"
        with pytest.raises(Conflict):
            services.grant_approve(account_id=owner_of(grant), grant_id=grant.pk)

    def test_an_active_grant_is_revoked_not_declined(self):
        grant = make.active_grant()
        with pytest.raises(Conflict):
            services.grant_decline(account_id=owner_of(grant), grant_id=grant.pk)

    def test_revoking_tells_other_rooms_which_grant(self):
        grant = make.active_grant()
        heard: list[hooks.Revocation] = []
        hooks.on_revocation(heard.append)
        try:
            services.grant_revoke(account_id=owner_of(grant), grant_id=grant.pk)
        finally:
            hooks._revocation.remove(heard.append)
        assert heard == [hooks.Revocation(grant.voice_id, grant.pk, "grant_revoked")]
        with pytest.raises(Refusal, match="grant_revoked"):
            asks(grant)

    def test_a_grant_wider_than_the_consent_cannot_be_approved(self):
        grant = make.requested_grant(purposes=["narration", "advertising"])
        with pytest.raises(Conflict, match="grant_exceeds_consent") as conflict:
            services.grant_approve(account_id=owner_of(grant), grant_id=grant.pk)
        assert "advertising" in conflict.value.sentence

    def test_nothing_is_approved_without_a_consent_in_force(self, time):
        grant = make.requested_grant(expires_at=clock.now() + timedelta(days=500))
        time.advance(366 * 86_400)
        services.consents_expire_due()
        with pytest.raises(Conflict, match="consent_missing"):
            services.grant_approve(account_id=owner_of(grant), grant_id=grant.pk)

    def test_a_request_that_lapsed_cannot_be_approved(self, time):
        grant = make.requested_grant()
        time.advance(31 * 86_400)
        with pytest.raises(Conflict, match="grant_expired"):
            services.grant_approve(account_id=owner_of(grant), grant_id=grant.pk)

    def test_the_app_gives_up_its_own_grant_and_nobody_elses(self):
        grant = make.active_grant()
        with pytest.raises(NotFound):
            services.grant_give_up(organisation_id=accounts.organisation().pk, grant_id=grant.pk)
        assert services.grant_give_up(organisation_id=grant.organisation_id, grant_id=grant.pk).state == "revoked"


class TestTerms:
    """What can be asked for."""

    @pytest.mark.parametrize(
        ("terms", "code"),
        [
            ({"purposes": []}, "purposes_empty"),
            ({"purposes": ["spam"]}, "purpose_unknown"),
            ({"languages": ["xx"]}, "language_unknown"),
            ({"formats": ["exe"]}, "format_unknown"),
            ({"quota_characters": 0}, "quota_out_of_range"),
            ({"quota_characters": 10**12}, "quota_out_of_range"),
            ({"disclosure": "whisper"}, "disclosure_unknown"),
            ({"message": "x" * 501}, "message_too_long"),
            ({"expires_at": clock.system() - timedelta(days=1)}, "window_unusable"),
            ({"expires_at": (clock.system() + timedelta(days=1)).replace(tzinfo=None)}, "window_unusable"),
        ],
    )
    def test_terms_out_of_bounds_are_refused_by_name(self, terms, code):
        voice = make.ready_voice()
        with pytest.raises(Invalid) as invalid:
            make.requested_grant(voice, **terms)
        assert invalid.value.code == code

    @pytest.mark.parametrize("ended", ["revoked", "erased", "missing", "other_world", "actor"])
    def test_a_voice_that_cannot_be_asked_for_is_not_found(self, ended):
        voice = services.actor_ensure() if ended == "actor" else make.voice()
        if ended in {"revoked", "erased"}:
            services.voice_revoke(account_id=make.account_of(voice), voice_id=voice.pk)
        if ended == "erased":
            services.voice_erase(account_id=make.account_of(voice), voice_id=voice.pk)
        if ended == "missing":
            voice = Voice(pk="voi_00000000000000000000000000", world="sandbox")
        if ended == "other_world":
            voice.world = "live"
        with pytest.raises(NotFound):
            make.requested_grant(voice)

    def test_an_owner_is_not_flooded(self):
        voice, app = make.ready_voice(), accounts.organisation()
        for _ in range(20):
            make.requested_grant(voice, by=app)
        with pytest.raises(Conflict, match="grant_requests_too_many"):
            make.requested_grant(voice, by=app)

    def test_a_renewal_is_a_new_request_of_the_same_scope(self):
        old = make.active_grant()
        new = services.grant_renew(
            organisation_id=old.organisation_id,
            requested_by_id=None,
            grant_id=old.pk,
            quota_characters=5,
            expires_at=clock.now() + timedelta(days=60),
        )
        assert (new.state, new.renewal_of_id, new.purposes, new.formats) == (
            "requested",
            old.pk,
            old.purposes,
            old.formats,
        )
        assert (new.used_characters, new.approved_by_id) == (0, None)


class TestQuota:
    """Reserved, given back, used up."""

    def test_what_fits_is_reserved_and_what_does_not_is_refused(self):
        grant = make.active_grant(quota_characters=100)
        services.grant_reserve(grant_id=grant.pk, characters=60)
        with pytest.raises(Refusal, match="quota_exhausted"):
            services.grant_reserve(grant_id=grant.pk, characters=41)
        services.grant_reserve(grant_id=grant.pk, characters=40)
        assert Grant.objects.get(pk=grant.pk).used_characters == 100

    def test_what_no_clip_came_of_is_given_back_once(self):
        grant = make.active_grant(quota_characters=100)
        services.grant_reserve(grant_id=grant.pk, characters=60)
        services.grant_return(grant_id=grant.pk, characters=60)
        services.grant_return(grant_id=grant.pk, characters=60)
        assert Grant.objects.get(pk=grant.pk).used_characters == 0

    def test_used_up_it_is_exhausted_after_the_release_and_not_before(self):
        grant = make.active_grant(quota_characters=10)
        services.grant_reserve(grant_id=grant.pk, characters=10)
        grant.refresh_from_db()
        assert grant.state == "active"
        assert asks(grant, reserved=True)
        services.grant_settle(grant_id=grant.pk)
        services.grant_settle(grant_id=grant.pk)
        grant.refresh_from_db()
        assert grant.state == "exhausted"
        assert asks(grant, reserved=True), "another clip under way may be finished"
        with pytest.raises(Refusal, match="grant_exhausted"):
            asks(grant)

    def test_settling_a_grant_that_has_something_left_changes_nothing(self):
        grant = make.active_grant(quota_characters=10)
        services.grant_settle(grant_id=grant.pk)
        grant.refresh_from_db()
        assert grant.state == "active"

    @pytest.mark.parametrize("characters", [0, -5])
    def test_a_reservation_is_a_positive_number(self, characters):
        grant = make.active_grant()
        with pytest.raises(ValueError, match="positive"):
            services.grant_reserve(grant_id=grant.pk, characters=characters)

    def test_nothing_is_reserved_on_a_grant_that_has_ended(self):
        grant = make.active_grant()
        services.grant_revoke(account_id=owner_of(grant), grant_id=grant.pk)
        with pytest.raises(Refusal):
            services.grant_reserve(grant_id=grant.pk, characters=1)

    def test_the_database_itself_refuses_to_overdraw(self):
        grant = make.active_grant(quota_characters=10)
        with pytest.raises(IntegrityError), transaction.atomic():
            Grant.objects.filter(pk=grant.pk).update(used_characters=11)


def test_grants_and_requests_end_when_their_window_is_over(time):
    active = make.active_grant()
    asked = make.requested_grant(active.voice)
    time.advance(30 * 86_400)
    assert services.grants_expire_due() == 2
    active.refresh_from_db()
    asked.refresh_from_db()
    assert (active.state, asked.state) == ("expired", "expired")


class TestChoice:
    """Which grant a request uses."""

    def choose(self, voice, app, **wanted):
        terms = {"purpose": "narration", "language": "en", **wanted}
        return selectors.grant_choose(organisation_id=app.pk, world="sandbox", voice_id=voice.pk, **terms)

    def test_one_that_covers_the_request_wins_over_a_newer_one_that_does_not(self):
        voice, app = make.ready_voice(), accounts.organisation()
        fits = make.active_grant(voice, by=app, purposes=["narration"])
        make.active_grant(voice, by=app, purposes=["assistant"])
        assert self.choose(voice, app) == fits

    def test_an_ended_one_is_still_named_so_that_the_gate_can_say_why(self):
        grant = make.active_grant()
        services.grant_revoke(account_id=owner_of(grant), grant_id=grant.pk)
        assert self.choose(grant.voice, grant.organisation).pk == grant.pk

    def test_without_any_there_is_none(self):
        assert self.choose(make.ready_voice(), accounts.organisation()) is None


class TestSight:
    """What an app sees."""

    def test_a_voice_is_seen_once_approved_and_stays_named_after_its_end(self):
        grant = make.requested_grant()
        look = {"organisation_id": grant.organisation_id, "world": "sandbox", "voice_id": grant.voice_id}
        with pytest.raises(NotFound):
            selectors.voice_get_as_app(**look)
        services.grant_approve(account_id=owner_of(grant), grant_id=grant.pk)
        assert selectors.voice_get_as_app(**look) == grant.voice
        services.voice_revoke(account_id=owner_of(grant), voice_id=grant.voice_id)
        assert selectors.voice_get_as_app(**look).state == "revoked"

    def test_another_app_and_the_other_world_see_nothing(self):
        grant = make.active_grant()
        for organisation_id, world in ((accounts.organisation().pk, "sandbox"), (grant.organisation_id, "live")):
            with pytest.raises(NotFound):
                selectors.voice_get_as_app(organisation_id=organisation_id, world=world, voice_id=grant.voice_id)
            with pytest.raises(NotFound):
                selectors.grant_get_as_app(organisation_id=organisation_id, world=world, grant_id=grant.pk)

    def test_every_sandbox_app_sees_the_actor_and_no_live_one_does(self):
        actor, app = services.actor_ensure(), accounts.organisation()
        assert list(selectors.voices_of_app(organisation_id=app.pk, world="sandbox")) == [actor]
        assert not selectors.voices_of_app(organisation_id=app.pk, world="live").exists()

    @pytest.mark.parametrize("pk", ["", "x", "../x", "voi_\x00", "voi_" + "0" * 500])
    def test_an_id_that_is_none_is_not_found(self, pk):
        with pytest.raises(NotFound):
            selectors.voice_get_as_app(organisation_id=accounts.organisation().pk, world="sandbox", voice_id=pk)


def test_a_consent_is_needed_at_every_use_even_if_the_grant_lives_on(time):
    grant = make.active_grant(expires_at=clock.now() + timedelta(days=900))
    assert asks(grant)
    time.advance(366 * 86_400)
    with pytest.raises(Refusal, match="consent_expired"):
        asks(grant)
    services.consents_expire_due()
    with pytest.raises(Refusal, match="consent_expired"):
        asks(grant)
    assert Consent.objects.get(voice=grant.voice).state == "expired"


def test_a_suspended_voice_is_silent_until_it_is_resumed():
    grant = make.active_grant()
    account_id = owner_of(grant)
    services.voice_suspend(account_id=account_id, voice_id=grant.voice_id)
    with pytest.raises(Refusal, match="voice_suspended"):
        asks(grant)
    services.voice_resume(account_id=account_id, voice_id=grant.voice_id)
    assert asks(grant)
    with pytest.raises(Conflict):
        services.voice_resume(account_id=account_id, voice_id=grant.voice_id)


def test_a_pending_voice_does_not_become_ready_by_resuming():
    voice = make.voice()
    with pytest.raises(Conflict):
        services.voice_resume(account_id=make.account_of(voice), voice_id=voice.pk)
