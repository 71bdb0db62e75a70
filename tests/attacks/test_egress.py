"""Misuse case 18: a watermarker that is missing, raises, does nothing, marks for another clip, or whose mark is lost in encoding.

In each case no audio stays behind: no clip, no bytes in the vault, no raw sound, and the log says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages

from audiokit import Audio
from safeguards import watermark
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.provenance import ProvenanceError
from safeguards.watermark import WatermarkedAudio, WatermarkError, WatermarkKey
from safeguards.watermark.types import mint
from synthesis import storage
from synthesis.egress import encoding, release
from synthesis.egress.encoding import encode_checked
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip, EgressJob, RenderJob, StreamWindow, SynthesisRequest
from synthesis.render import render_waiting
from synthesis.states import RequestState
from tests.fakes.engine import SineEngine
from tests.fakes.fixtures import engine, nudges
from tests.fakes.world import World, make_world
from voices import jobs
from voices.models import JobState

__all__ = ["engine", "nudges"]
pytestmark = pytest.mark.django_db
Embed = Callable[[Audio, int, WatermarkKey], Any]


def _missing(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    raise AttributeError("module 'safeguards.watermark' has no attribute 'embed'")


def _raising(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    raise WatermarkError("too_short", "made to fail")


def _crashing(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    raise MemoryError


def _doing_nothing(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    return mint(audio, payload, key.key_id)


def _marking_for_another(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    return watermark.embed(audio, payload ^ 1, key)


def _lying_about_the_payload(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    return mint(watermark.embed(audio, payload ^ 1, key).audio, payload, key.key_id)


def _with_another_key(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    return mint(watermark.embed(audio, payload, WatermarkKey.generate()).audio, payload, key.key_id)


def _giving_bare_audio(audio: Audio, payload: int, key: WatermarkKey) -> Audio:
    return audio


class _Lookalike:
    def __init__(self, audio: Audio, payload: int, key: WatermarkKey) -> None:
        self.audio, self.payload, self.key_id = audio, payload, key.key_id


ATTACKS: list[Embed] = [
    _missing,
    _raising,
    _crashing,
    _doing_nothing,
    _marking_for_another,
    _lying_about_the_payload,
    _with_another_key,
    _giving_bare_audio,
    _Lookalike,
]


def _blobs_of_clips() -> list[str]:
    """Names of stored clips, in whatever storage holds them."""
    store, found = storages["vault"], []
    folders = [storage.KIND] if store.exists(storage.KIND) else []
    while folders:
        folder = folders.pop()
        inner, files = store.listdir(folder)
        folders += [f"{folder}/{name}" for name in inner]
        found += [f"{folder}/{name}" for name in files]
    return found


def _run_to_the_end() -> None:
    """Egress until nothing is left, retries included."""
    for _ in range(2 * jobs.MAX_ATTEMPTS):
        egress_waiting()
        EgressJob.objects.filter(state=JobState.PENDING).update(not_before=None)


def _nothing_left_behind(request: SynthesisRequest, blobs_before: list[str]) -> None:
    ended = SynthesisRequest.objects.get(pk=request.pk)
    assert ended.state == RequestState.FAILED
    assert ended.refusal_code
    assert not Clip.objects.exists()
    assert not StreamWindow.objects.exists()
    assert _blobs_of_clips() == blobs_before
    assert RenderJob.objects.get(request=request).raw is None
    assert EgressJob.objects.get(request=request).state in {JobState.FAILED, JobState.CANCELLED}
    assert Entry.objects.filter(subject=f"request:{request.pk}", type=EventType.REQUEST_FAILED).exists()
    assert not Entry.objects.filter(subject=f"request:{request.pk}", type=EventType.REQUEST_RELEASED).exists()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.lstrip("_"))
def test_18_without_a_working_watermarker_nothing_leaves_and_nothing_stays(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch, attack: Embed
) -> None:
    world, before = make_world(), _blobs_of_clips()
    request = world.accept(format="wav")
    render_waiting()
    honest = watermark.embed
    monkeypatch.setattr(release, "watermark", _Replaced(attack))

    _run_to_the_end()

    assert watermark.embed is honest
    _nothing_left_behind(request, before)
    assert world.used() == 0


class _Replaced:
    """The watermark package as ``release`` sees it, with another ``embed``."""

    def __init__(self, embed: Embed) -> None:
        self.embed = embed


@pytest.mark.parametrize("attack", [_doing_nothing, _marking_for_another], ids=["no_op", "for_another"])
def test_18_a_lost_mark_is_said_in_the_log_by_its_own_event(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch, attack: Embed
) -> None:
    request = make_world().accept()
    render_waiting()
    monkeypatch.setattr(release, "watermark", _Replaced(attack))

    egress_waiting()

    assert SynthesisRequest.objects.get(pk=request.pk).refusal_code == "watermark_lost"
    assert Entry.objects.filter(subject=f"request:{request.pk}", type=EventType.CLIP_MARK_MISSING).count() == 1


@pytest.mark.parametrize("delivered", ["wav", "flac", "mp3", "opus", "aac", "pcm"])
def test_18_a_mark_lost_in_encoding_is_found_out_from_the_bytes(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch, delivered: str
) -> None:
    """The encoder is honest about the container and delivers noise: only reading the bytes again can tell."""
    world, before = make_world(), _blobs_of_clips()
    request = world.accept(format=delivered)
    render_waiting()
    write = encoding.write

    def lossy(audio: Audio, name: Any) -> bytes:
        rng = np.random.default_rng(1)
        return write(Audio.mono(0.1 * rng.standard_normal(audio.samples.shape[1]), audio.sample_rate), name)

    monkeypatch.setattr(encoding, "write", lossy)

    _run_to_the_end()

    _nothing_left_behind(request, before)
    assert SynthesisRequest.objects.get(pk=request.pk).refusal_code == "watermark_lost"


def test_18_a_manifest_that_disturbs_the_sound_stops_the_release(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, before = make_world(), _blobs_of_clips()
    request = world.accept(format="wav")
    render_waiting()
    sign = encoding.sign

    def disturbing(data: bytes, *rest: Any) -> bytes:
        changed = bytearray(data)
        changed[-200] ^= 1
        return sign(bytes(changed), *rest)

    monkeypatch.setattr(encoding, "sign", disturbing)

    _run_to_the_end()

    _nothing_left_behind(request, before)


def test_18_without_a_signing_key_nothing_leaves(engine: SineEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    world, before = make_world(), _blobs_of_clips()
    request = world.accept(format="mp3")
    render_waiting()

    def none() -> None:
        raise ProvenanceError("the C2PA chain or key cannot be read")

    monkeypatch.setattr(release, "claim_signer", none)

    _run_to_the_end()

    _nothing_left_behind(request, before)


def test_18_without_a_watermark_key_nothing_leaves(engine: SineEngine, settings: Any) -> None:
    world, before = make_world(), _blobs_of_clips()
    request = world.accept()
    render_waiting()
    settings.VIVAVOCE_WATERMARK_KEYS = []

    _run_to_the_end()

    _nothing_left_behind(request, before)


def test_18_the_way_out_takes_nothing_but_watermarked_audio() -> None:
    key = WatermarkKey.generate()
    bare = Audio.mono(np.zeros(16_000), 16_000)

    with pytest.raises(TypeError):
        encode_checked(bare, "wav", key, payload=1)  # type: ignore[arg-type]
    with pytest.raises(WatermarkError):
        WatermarkedAudio(bare, 1, key.key_id)


def test_18_clips_are_stored_by_egress_alone() -> None:
    """What the import contract says, read from the source: nobody else names the store of clips."""
    root = Path(storage.__file__).parent.parent
    users = [
        path.relative_to(root).as_posix()
        for room in ("synthesis", "voices", "platform")
        for path in (root / room).rglob("*.py")
        if "synthesis import storage" in (text := path.read_text(encoding="utf-8")) or "synthesis.storage" in text
        if path.name != "storage.py"
    ]

    assert all(user.startswith("synthesis/egress/") for user in users), users


def _released(world: World, **changes: Any) -> Clip:
    request = world.accept(**changes)
    render_waiting()
    egress_waiting()
    return Clip.objects.get(request=request)


def test_18_the_clip_that_honest_parts_make_is_there_as_a_control(engine: SineEngine) -> None:
    before = _blobs_of_clips()

    clip = _released(make_world())

    assert set(_blobs_of_clips()) - set(before) == {clip.blob}
