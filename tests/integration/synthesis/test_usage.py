"""Use by day and by voice, for the organisation that asks and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audiokit.clock import now
from synthesis.egress.worker import egress_waiting
from synthesis.models import SynthesisRequest
from synthesis.render import render_waiting
from synthesis.selectors import usage_by_day, usage_by_voice
from tests.fakes.engine import SineEngine
from tests.fakes.world import TEXT, make_world

pytestmark = pytest.mark.django_db


def test_days_without_use_are_there_and_only_released_characters_count(engine: SineEngine) -> None:
    world = make_world()
    released = world.accept()
    render_waiting()
    egress_waiting()
    world.accept()  # still waiting
    mine = {"organisation_id": world.organisation.pk, "world": "live"}

    days = usage_by_day(**mine)
    assert len(days) == 30
    assert days[-1].day == now().date()
    assert (days[-1].requests, days[-1].released, days[-1].characters) == (2, 1, len(TEXT))
    assert days[-1].seconds > 0
    assert sum(day.requests for day in days[:-1]) == 0
    voices = usage_by_voice(**mine)
    assert [(one.voice_id, one.released, one.label) for one in voices] == [(world.voice.pk, 1, "")]

    SynthesisRequest.objects.filter(pk=released.pk).update(created_at=now() - timedelta(days=40))
    assert sum(day.released for day in usage_by_day(**mine)) == 0


def test_others_and_the_other_world_see_nothing_of_it(engine: SineEngine) -> None:
    world = make_world()
    world.accept()
    assert sum(day.requests for day in usage_by_day(organisation_id=world.stranger.pk, world="live")) == 0
    assert sum(day.requests for day in usage_by_day(organisation_id=world.organisation.pk, world="sandbox")) == 0
