"""Voice conversion is no way round the gate, the mark, the log or the exit. Each test is one attempt."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from django.db.models import QuerySet
from pytest_django import DjangoCaptureOnCommitCallbacks

from audiokit import Audio
from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from safeguards.watermark import detect
from synthesis.egress import delivery
from synthesis.egress.credentials import watermark_keys
from synthesis.egress.encoding import decode
from synthesis.egress.worker import egress_waiting
from synthesis.engine import registry
from synthesis.engine.protocol import VoiceModel
from synthesis.errors import RequestInvalid
from synthesis.models import Clip, RenderJob, SynthesisRequest
from synthesis.render import render_waiting
from synthesis.services import conversion_accept
from tests.fakes.engine import SineEngine
from tests.fakes.fixtures import nudges
from tests.fakes.world import World, make_world
from voices.errors import NotFound
from voices.models import Grant
from voices.services import voice_revoke

__all__ = ["nudges"]
pytestmark = pytest.mark.django_db


class Mimic(SineEngine):
    """Converts by buzzing for as long as the source is."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[float] = []

    def convert(
        self, model: VoiceModel, audio: Audio, *, seed: int, text: str | None = None, language: str = "auto"
    ) -> Audio:
        self.on_render()
        self.heard.append(audio.seconds)
        rng = np.random.default_rng(seed)
        time = np.arange(round(audio.seconds * 16_000)) / 16_000
        buzz = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20)) * (
            0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)
        )
        return Audio.mono(0.1 * (buzz + 0.3 * rng.standard_normal(len(time))), 16_000)


@pytest.fixture
def mimic() -> Iterator[Mimic]:
    made = Mimic()
    registry.register("sine", lambda: made)
    yield made
    registry.register("sine", SineEngine)


def _wav(seconds: float = 3.0, rate: int = 16_000) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\x10\x00\xf0\xff" * round(seconds * rate / 2))
    return stream.getvalue()


def _ask(world: World, **changes: object) -> SynthesisRequest:
    values: dict[str, object] = {
        "organisation_id": world.organisation.pk,
        "api_key_id": "key",
        "world": "live",
        "voice_id": world.voice.pk,
        "source": _wav(),
        "purpose": "narration",
        "format": "wav",
        "seed": 7,
    }
    return conversion_accept(**(values | changes))  # type: ignore[arg-type]


def _blob(request: SynthesisRequest) -> str:
    return SynthesisRequest.objects.get(pk=request.pk).source_blob


def _entries(request: SynthesisRequest) -> QuerySet[Entry]:
    return Entry.objects.filter(subject=f"request:{request.pk}").order_by("index")


def test_converted_speech_leaves_marked_counted_and_logged_and_its_source_is_gone(
    mimic: Mimic, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    world = make_world()
    request = _ask(world)
    blob = _blob(request)
    assert world.used() == 45, "15 characters a second"

    with django_capture_on_commit_callbacks(execute=True):
        render_waiting()
    assert not Clip.objects.exists(), "what the engine made is sealed to egress and nothing else"
    assert RenderJob.objects.get(request=request).raw
    egress_waiting()

    clip = Clip.objects.get(request=request)
    with delivery.open_clip(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live") as file:
        found = detect(decode(file.read(0, file.size), "wav"), [watermark_keys()[0]])
    assert found.payload == clip.payload
    types = [EventType(entry.type) for entry in _entries(request)]
    assert types[0] == EventType.REQUEST_ACCEPTED
    assert types[-1] == EventType.REQUEST_RELEASED
    assert _blob(request) == ""
    with pytest.raises(vault.BlobMissing):
        vault.blobs.get(blob, request.data_key_id)


def test_without_a_grant_the_voice_does_not_exist(mimic: Mimic) -> None:
    world = make_world()

    with pytest.raises(NotFound):
        _ask(world, organisation_id=world.stranger.pk)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purposes": ["assistant"]}, "purpose"),
        ({"formats": ["mp3"]}, "format"),
        ({"quota_characters": 44}, "quota"),
        ({"not_before": now() - timedelta(days=2), "expires_at": now() - timedelta(days=1)}, "expired"),
        ({"state": "revoked"}, "revoked"),
    ],
)
def test_what_a_grant_does_not_allow_is_refused_and_nothing_is_stored(
    mimic: Mimic, change: dict[str, object], code: str
) -> None:
    world = make_world()
    Grant.objects.update(**change)

    with pytest.raises(Refusal, match=code):
        _ask(world)
    assert not SynthesisRequest.objects.exists()


def test_a_revocation_while_it_is_converted_stops_it_and_removes_the_source(mimic: Mimic) -> None:
    world = make_world()
    request = _ask(world)
    mimic.on_render = lambda: voice_revoke(account_id=world.owner.account_id, voice_id=world.voice.pk)

    render_waiting()
    egress_waiting()

    assert SynthesisRequest.objects.get(pk=request.pk).state == "cancelled_revoked"
    assert not Clip.objects.exists()
    assert _blob(request) == ""


def test_an_engine_that_cannot_convert_says_so(mimic: Mimic) -> None:
    registry.register("sine", SineEngine)
    request = _ask(make_world())
    render_waiting()

    row = SynthesisRequest.objects.get(pk=request.pk)
    assert (row.state, row.refusal_code, row.source_blob) == ("failed", "conversion_unsupported", "")


def test_a_text_cannot_carry_a_recording_past_the_constraint(mimic: Mimic) -> None:
    from django.db import IntegrityError, transaction

    request = _ask(make_world())
    with pytest.raises(IntegrityError), transaction.atomic():
        SynthesisRequest.objects.filter(pk=request.pk).update(kind="text")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "source_unreadable"),
        (b"RIFF" + b"\x00" * 100, "source_unreadable"),
        (_wav(0.1), "source_unreadable"),
        (_wav(121.0, 8_000), "source_too_long"),
        (_wav()[:24] + struct.pack("<I", 1) + _wav()[28:], "source_unreadable"),  # one sample a second
        (
            _wav(121.0, 8_000)[:40] + struct.pack("<I", 16) + _wav(121.0, 8_000)[44:],
            "source_too_long",
        ),  # a lying header
    ],
)
def test_a_recording_that_is_none_or_lies_about_its_length_is_refused(mimic: Mimic, source: bytes, code: str) -> None:
    with pytest.raises(RequestInvalid, match=code):
        _ask(make_world(), source=source)
