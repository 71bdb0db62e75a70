"""The owner of a voice hears every clip of it; nobody else's clips, and none after erasure."""

from __future__ import annotations

import pytest

from safeguards.errors import Refusal
from synthesis.egress import delivery
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip
from synthesis.render import render_waiting
from tests.fakes.engine import SineEngine
from tests.fakes.world import World, make_world
from voices.errors import NotFound
from voices.services import voice_erase, voice_revoke

pytestmark = pytest.mark.django_db


def released(world: World) -> Clip:
    request = world.accept()
    render_waiting()
    egress_waiting()
    return Clip.objects.get(request=request)


def test_the_owner_hears_what_an_app_made_and_a_stranger_does_not(engine: SineEngine) -> None:
    world = make_world()
    clip = released(world)
    with delivery.open_clip_as_owner(clip_id=clip.pk, account_id=world.owner.account_id) as file:
        assert file.sha256 == clip.sha256
        assert len(file.read(0, file.size)) == clip.size
    other = make_world(email="other@example.org")
    with pytest.raises(NotFound):
        delivery.open_clip_as_owner(clip_id=clip.pk, account_id=other.owner.account_id)


def test_after_revoking_the_app_hears_nothing_and_the_owner_still_does(engine: SineEngine) -> None:
    world = make_world()
    clip = released(world)
    account = world.owner.account_id
    with delivery.open_clip_as_owner(clip_id=clip.pk, account_id=account) as file:
        voice_revoke(account_id=account, voice_id=world.voice.pk)
        assert file.read(0, 10)
    with pytest.raises(Refusal):
        delivery.open_clip(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live")


def test_after_erasure_nobody_hears_anything(engine: SineEngine) -> None:
    world = make_world()
    clip = released(world)
    account = world.owner.account_id
    with delivery.open_clip_as_owner(clip_id=clip.pk, account_id=account) as file:
        voice_revoke(account_id=account, voice_id=world.voice.pk)
        voice_erase(account_id=account, voice_id=world.voice.pk)
        with pytest.raises(Refusal):
            file.read(0, 10)
    with pytest.raises(Refusal):
        delivery.open_clip_as_owner(clip_id=clip.pk, account_id=account)
