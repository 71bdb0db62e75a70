"""From an accepted text to bytes that its app can fetch."""

from __future__ import annotations

import hashlib

import pytest

from audiokit import AudioError, read
from safeguards import provenance
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.watermark import decode_payload, detect
from synthesis.egress import delivery
from synthesis.egress.credentials import watermark_keys
from synthesis.egress.encoding import decode
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip, RenderJob, SynthesisRequest
from synthesis.render import render_waiting
from synthesis.selectors import request_get, request_text
from synthesis.states import RequestState
from tests.fakes.engine import SineEngine
from tests.fakes.world import TEXT, make_world
from voices.errors import NotFound

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("delivered", ["wav", "flac", "mp3", "opus", "aac", "pcm"])
def test_a_request_ends_as_a_clip_whose_delivered_bytes_carry_its_mark(engine: SineEngine, delivered: str) -> None:
    world = make_world()
    request = world.accept(format=delivered)

    assert render_waiting() == 1
    assert egress_waiting() == 1

    released = request_get(request_id=request.pk, organisation_id=world.organisation.pk, world="live")
    assert released.state == RequestState.RELEASED
    with delivery.open_clip(clip_id=released.clip.pk, organisation_id=world.organisation.pk, world="live") as file:
        data = file.read(0, file.size)
    assert hashlib.sha256(data).hexdigest() == released.clip.sha256 == file.sha256
    key = watermark_keys()[0]
    found = detect(decode(data, delivered), [key])
    assert found.payload == released.clip.payload
    assert decode_payload(released.clip.payload, key).sandbox is False
    manifest = provenance.read(data, delivered)
    assert (manifest is not None) == (delivered in provenance.SIGNABLE)
    if manifest is not None:
        assert manifest.valid
        assert manifest.payload == released.clip.payload
        assert manifest.clip_id == released.clip.pk


def test_the_log_tells_each_step_in_order_and_no_text(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()
    render_waiting()
    egress_waiting()

    entries = list(Entry.objects.filter(subject=f"request:{request.pk}").order_by("index"))

    assert [EventType(entry.type) for entry in entries] == [
        EventType.REQUEST_ACCEPTED,
        EventType.REQUEST_QUEUED,
        EventType.REQUEST_RUNNING,
        EventType.REQUEST_MARKING,
        EventType.REQUEST_VERIFYING,
        EventType.REQUEST_RELEASED,
    ]
    assert Clip.objects.get(request=request).log_index == entries[-1].index
    assert not any(b"fox" in bytes(entry.leaf) for entry in entries)


def test_several_requests_become_one_engine_batch(engine: SineEngine) -> None:
    world = make_world()
    for number in range(5):
        world.accept(text=f"Sentence number {number}.")

    assert render_waiting() == 5

    assert engine.batches == [5]


def test_one_text_that_the_engine_refuses_harms_no_other_of_its_batch(engine: SineEngine) -> None:
    from synthesis.engine.protocol import EngineError

    world = make_world()
    good, bad = world.accept(text="A good text."), world.accept(text="A bad text.")
    engine.refuses = lambda item: EngineError("text_unreadable", "No.") if "bad" in item.text else None

    render_waiting()
    egress_waiting()

    assert SynthesisRequest.objects.get(pk=good.pk).state == RequestState.RELEASED
    refused = SynthesisRequest.objects.get(pk=bad.pk)
    assert (refused.state, refused.refusal_code) == (RequestState.FAILED, "text_unreadable")
    assert world.used() == len("A good text.")


def test_raw_sound_between_render_and_egress_opens_for_egress_alone(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()
    render_waiting()

    raw = bytes(RenderJob.objects.get(request=request).raw)

    with pytest.raises(AudioError):
        read(raw, max_seconds=60, max_bytes=10**8)
    assert b"VVR1" not in raw
    egress_waiting()
    assert RenderJob.objects.get(request=request).raw is None


def test_a_stranger_finds_neither_request_nor_clip(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()
    render_waiting()
    egress_waiting()
    clip = Clip.objects.get(request=request)

    for organisation, side in ((world.stranger.pk, "live"), (world.organisation.pk, "sandbox")):
        with pytest.raises(NotFound):
            request_get(request_id=request.pk, organisation_id=organisation, world=side)
        with pytest.raises(NotFound):
            delivery.open_clip(clip_id=clip.pk, organisation_id=organisation, world=side)


def test_the_text_is_stored_sealed_and_read_back(engine: SineEngine) -> None:
    world = make_world()
    request = world.accept()

    assert TEXT.encode() not in bytes(request.text_sealed)
    assert request_text(SynthesisRequest.objects.get(pk=request.pk)) == TEXT
