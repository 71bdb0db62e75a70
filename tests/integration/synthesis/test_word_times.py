"""When words are heard: asked for, sealed, given to the clip's own app alone, and gone with the clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from audiokit import Audio
from safeguards.errors import Refusal
from synthesis.egress import delivery
from synthesis.egress.worker import egress_waiting
from synthesis.engine import registry
from synthesis.engine.protocol import RenderItem
from synthesis.errors import RequestInvalid
from synthesis.models import Clip, SynthesisRequest
from synthesis.render import render_waiting
from synthesis.services import clip_delete
from synthesis.subtitles import Word, srt, vtt
from tests.fakes.engine import SineEngine
from tests.fakes.world import World, make_world
from voices.errors import NotFound
from voices.models import Grant
from voices.services import voice_revoke

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Timed:
    audio: Audio
    words: tuple[Word, ...]


class TimingSine(SineEngine):
    """Says each word for a quarter of a second."""

    def render(self, items: Sequence[RenderItem]) -> list[Timed]:
        words = [
            tuple(Word(word, 0.25 * index, 0.25 * (index + 1)) for index, word in enumerate(item.text.split()))
            for item in items
        ]
        return [Timed(audio, own) for audio, own in zip(self.render_batch(items), words, strict=True)]


@pytest.fixture
def timing(engine: SineEngine) -> TimingSine:
    made = TimingSine()
    registry.register("sine", lambda: made)
    return made


def _released(world: World, **changes: object) -> Clip:
    request = world.accept(text="Good morning to you", timestamps=True, **changes)
    render_waiting()
    egress_waiting()
    return Clip.objects.get(request=request)


def _words(world: World, clip: Clip) -> list[Word]:
    return delivery.clip_words(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live")


def test_words_and_times_come_with_the_clip(timing: TimingSine) -> None:
    world = make_world()
    clip = _released(world)

    assert [word.text for word in _words(world, clip)] == ["Good", "morning", "to", "you"]
    assert _words(world, clip)[1] == Word("morning", 0.25, 0.5)
    assert b"morning" not in bytes(SynthesisRequest.objects.get(pk=clip.request_id).words_sealed or b"")


def test_an_audible_notice_moves_the_times(timing: TimingSine) -> None:
    world = make_world()
    Grant.objects.update(disclosure="tone")
    clip = _released(world)

    assert clip.lead_seconds == pytest.approx(0.75, abs=0.01)
    assert _words(world, clip)[0].start == pytest.approx(clip.lead_seconds, abs=0.001)


def test_times_that_were_not_asked_for_do_not_exist(timing: TimingSine) -> None:
    world = make_world()
    request = world.accept()
    render_waiting()
    egress_waiting()

    with pytest.raises(NotFound):
        _words(world, Clip.objects.get(request=request))


def test_an_engine_that_cannot_tell_ends_the_request_with_the_reason(engine: SineEngine) -> None:
    request = make_world().accept(timestamps=True)
    render_waiting()

    row = SynthesisRequest.objects.get(pk=request.pk)
    assert (row.state, row.refusal_code) == ("failed", "timestamps_unsupported")


def test_a_stranger_a_revoked_voice_and_a_deleted_clip_give_no_words(timing: TimingSine) -> None:
    world = make_world()
    clip = _released(world)

    with pytest.raises(NotFound):
        delivery.clip_words(clip_id=clip.pk, organisation_id=world.stranger.pk, world="live")
    voice_revoke(account_id=world.owner.account_id, voice_id=world.voice.pk)
    with pytest.raises(Refusal, match="voice_revoked"):
        _words(world, clip)


def test_words_go_with_the_clip(timing: TimingSine) -> None:
    world = make_world()
    clip = _released(world)
    clip_delete(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live", actor="x")

    assert SynthesisRequest.objects.get(pk=clip.request_id).words_sealed is None
    with pytest.raises(Refusal, match="clip_erased"):
        _words(world, clip)


def test_a_stream_has_no_times() -> None:
    with pytest.raises(RequestInvalid, match="timestamps_of_stream"):
        make_world().accept(format="wav", stream=True, timestamps=True)


def test_subtitles_are_lines_with_stamps() -> None:
    words = [Word("Good", 0.0, 0.25), Word("<morning>", 0.25, 0.5), Word("you", 61.5, 62.0)]

    assert srt(words).startswith("1\n00:00:00,000 --> 00:00:00,500\nGood <morning>\n")
    assert "00:01:01.500 --> 00:01:02.000" in vtt(words)
    assert "&lt;morning&gt;" in vtt(words)
