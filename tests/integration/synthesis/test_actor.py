"""The sandbox's stock voice speaks through the same way as everybody, with the real engine, and its mark says what it is."""

from __future__ import annotations

import pytest

from audiokit import write
from safeguards.errors import Refusal
from safeguards.watermark import decode_payload, detect
from synthesis.egress.credentials import watermark_keys
from synthesis.egress.encoding import decode
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip, SynthesisRequest
from synthesis.pictures import mark_picture
from synthesis.render import render_waiting, stream_waiting
from synthesis.states import RequestState
from tests.fakes.questions import ask, release
from tests.fakes.world import make_actor, make_world
from voices.errors import NotFound

pytestmark = pytest.mark.django_db


def test_the_actor_speaks_without_a_grant_and_its_mark_names_sandbox_and_actor() -> None:
    world = make_world(world="sandbox")
    world.voice, world.grant = make_actor(), None  # type: ignore[assignment]

    released = release(world, text="I am a voice that nobody owns.", purpose="", format="mp3")

    key = watermark_keys()[0]
    found = detect(decode(released.data, "mp3"), [key])
    assert found.payload == released.clip.payload
    number = decode_payload(released.clip.payload, key)
    assert (number.sandbox, number.actor) == (True, True)
    answer = ask(write(released.heard, "flac"))
    assert answer["verdict"] == "generated_here"
    assert answer["chain"]["voice"]["actor"] is True
    assert answer["chain"]["consent"] is None
    picture = mark_picture(clip_id=released.clip.pk, organisation_id=world.organisation.pk, world="sandbox")
    assert picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("stream", [False, True])
def test_a_single_word_can_be_said(stream: bool) -> None:
    world = make_world(world="sandbox")
    world.voice = make_actor()
    request = world.accept(text="Thank you.", purpose="", format="mp3", stream=stream, grant_id=None)

    stream_waiting()
    render_waiting()
    egress_waiting()

    clip = Clip.objects.get(request=request)
    assert clip.seconds < 2.5
    assert clip.watermark_log10_p < -9


def test_a_live_key_does_not_find_the_actor() -> None:
    world = make_world(world="live")
    actor = make_actor()

    with pytest.raises(NotFound):
        world.accept(voice_id=actor.pk)


def test_a_sandbox_voice_of_an_owner_is_marked_sandbox_but_no_actor() -> None:
    from synthesis.engine import registry
    from tests.fakes.engine import SineEngine

    registry.register("sine", SineEngine)
    released = release(make_world(world="sandbox"))

    number = decode_payload(released.clip.payload, watermark_keys()[0])
    assert (number.sandbox, number.actor) == (True, False)


def test_worlds_do_not_mix() -> None:
    sandbox = make_world(world="sandbox")

    with pytest.raises((NotFound, Refusal)):
        sandbox.accept(world="live")
    assert not SynthesisRequest.objects.exists()


def test_the_engine_refuses_what_it_cannot_speak_and_nothing_is_charged() -> None:
    world = make_world(world="sandbox")
    world.voice = make_actor()

    request = world.accept(text="Ich spreche Deutsch.", language="de", purpose="")
    render_waiting()
    egress_waiting()

    ended = SynthesisRequest.objects.get(pk=request.pk)
    assert ended.state == RequestState.FAILED
    assert ended.refusal_code
    assert not Clip.objects.exists()
