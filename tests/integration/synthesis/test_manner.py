"""How a request is to be spoken reaches the engine unchanged, and is never left out silently."""

from __future__ import annotations

import pytest

from synthesis.engine.protocol import EngineError, RenderItem
from synthesis.models import SynthesisRequest
from synthesis.render import render_waiting
from tests.fakes.engine import SineEngine
from tests.fakes.world import make_world

pytestmark = pytest.mark.django_db

SSML = '<speak>Good <prosody rate="fast">morning</prosody></speak>'


def test_manner_and_markup_reach_the_engine_as_they_were_asked_for(engine: SineEngine) -> None:
    seen: list[RenderItem] = []

    def look(item: RenderItem) -> None:
        seen.append(item)

    engine.refuses = look
    make_world().accept(text=SSML, valence=0.5, arousal=-1.0, style="newsreader")

    render_waiting()

    assert [(item.text, item.valence, item.arousal, item.style) for item in seen] == [(SSML, 0.5, -1.0, "newsreader")]


def test_a_request_that_asks_for_nothing_special_is_spoken_plainly(engine: SineEngine) -> None:
    seen: list[RenderItem] = []
    engine.refuses = lambda item: seen.append(item)
    make_world().accept()

    render_waiting()

    assert [(item.valence, item.arousal, item.style) for item in seen] == [(0.0, 0.0, None)]


def test_a_style_that_the_engine_does_not_have_ends_the_request_with_the_reason(engine: SineEngine) -> None:
    engine.refuses = lambda item: EngineError("style_unknown", "There is no such reference.") if item.style else None
    request = make_world().accept(style="angry")

    render_waiting()

    row = SynthesisRequest.objects.get(pk=request.pk)
    assert (row.state, row.refusal_code, row.refusal_detail) == (
        "failed",
        "style_unknown",
        "There is no such reference.",
    )
