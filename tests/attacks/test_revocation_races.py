"""Misuse cases 10, 11 and 14: a permission that ends while the work is under way, or that two requests race for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from audiokit import clock
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from safeguards.vault import blobs
from synthesis import storage
from synthesis.egress import delivery, release
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip, EgressJob, RenderJob, SynthesisRequest
from synthesis.render import render_waiting
from synthesis.selectors import request_text
from synthesis.states import RequestState
from tests.fakes.engine import SineEngine
from tests.fakes.fixtures import engine, nudges
from tests.fakes.world import World, make_world
from voices.models import Grant, JobState
from voices.services import consent_withdraw, grant_revoke, owner_erase, voice_erase, voice_revoke, voice_suspend

__all__ = ["engine", "nudges"]
pytestmark = pytest.mark.django_db


def _revoke_voice(world: World) -> str:
    voice_revoke(account_id=world.owner.account_id, voice_id=world.voice.pk)
    return "voice_revoked"


def _revoke_grant(world: World) -> str:
    grant_revoke(account_id=world.owner.account_id, grant_id=world.grant.pk)
    return "grant_revoked"


def _withdraw_consent(world: World) -> str:
    consent_withdraw(account_id=world.owner.account_id, consent_id=world.consent.pk)
    return "consent_withdrawn"


def _erase_voice(world: World) -> str:
    voice_erase(account_id=world.owner.account_id, voice_id=world.voice.pk)
    return "voice_erased"


def _erase_owner(world: World) -> str:
    owner_erase(account_id=world.owner.account_id, owner_id=world.owner.pk)
    return "voice_erased"


End = Callable[[World], str]
ENDS: list[End] = [_revoke_voice, _revoke_grant, _withdraw_consent, _erase_voice, _erase_owner]
every_end = pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__.lstrip("_"))


def _nothing_came_of_it(request: SynthesisRequest, code: str) -> None:
    ended = SynthesisRequest.objects.get(pk=request.pk)
    assert (ended.state, ended.refusal_code) == (RequestState.CANCELLED_REVOKED, code)
    assert not Clip.objects.exists()
    assert not RenderJob.objects.exclude(raw=None).exists()
    assert not RenderJob.objects.filter(state__in=[JobState.PENDING, JobState.LEASED]).exists()
    assert not EgressJob.objects.filter(state__in=[JobState.PENDING, JobState.LEASED]).exists()
    entries = Entry.objects.filter(subject=f"request:{request.pk}")
    assert entries.filter(type=EventType.REQUEST_CANCELLED_REVOKED).count() == 1
    assert not entries.filter(type=EventType.REQUEST_RELEASED).exists()


def _work() -> None:
    render_waiting()
    egress_waiting()


@every_end
def test_10_revoked_while_queued(engine: SineEngine, end: End) -> None:
    world = make_world()
    request = world.accept()

    code = end(world)
    _work()

    _nothing_came_of_it(request, code)
    assert engine.batches == []


@every_end
def test_10_revoked_while_the_engine_runs(engine: SineEngine, end: End) -> None:
    world = make_world()
    request = world.accept()
    codes: list[str] = []
    engine.on_render = lambda: codes.append(end(world))

    _work()

    _nothing_came_of_it(request, codes[0])
    assert not EgressJob.objects.exists()


@every_end
def test_10_revoked_between_rendering_and_marking(engine: SineEngine, end: End) -> None:
    world = make_world()
    request = world.accept()
    render_waiting()

    code = end(world)
    egress_waiting()

    _nothing_came_of_it(request, code)


@every_end
def test_10_revoked_while_the_mark_is_embedded(engine: SineEngine, monkeypatch: pytest.MonkeyPatch, end: End) -> None:
    world = make_world()
    request = world.accept()
    render_waiting()
    codes: list[str] = []
    marking = release.mark

    def mark(*arguments: Any) -> Any:
        codes.append(end(world))
        return marking(*arguments)

    monkeypatch.setattr(release, "mark", mark)
    egress_waiting()

    _nothing_came_of_it(request, codes[0])


@every_end
def test_10_revoked_when_all_is_done_but_the_release(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch, end: End
) -> None:
    """The clip's bytes are stored already; the release transaction sees the revocation, and they go."""
    world = make_world()
    request = world.accept()
    render_waiting()
    codes: list[str] = []
    refs: list[str] = []
    put = storage.put

    def put_then_end(data_key_id: object, data: bytes) -> str:
        refs.append(put(data_key_id, data))
        codes.append(end(world))
        return refs[0]

    monkeypatch.setattr(storage, "put", put_then_end)
    egress_waiting()

    _nothing_came_of_it(request, codes[0])
    assert not blobs.exists(refs[0])


def _clip(world: World) -> Clip:
    request = world.accept()
    _work()
    return Clip.objects.get(request=request)


def _open(world: World, clip: Clip) -> delivery.ClipFile:
    return delivery.open_clip(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live")


@every_end
def test_10_a_released_clip_cannot_be_opened_after_the_end(engine: SineEngine, end: End) -> None:
    world = make_world()
    clip = _clip(world)

    code = end(world)

    with pytest.raises(Refusal) as refusal:
        _open(world, clip)
    # A withdrawn consent ends the voice as well, which weighs more.
    assert refusal.value.code in {code, "voice_revoked"}


@every_end
def test_10_a_download_under_way_stops_at_the_next_read(engine: SineEngine, end: End) -> None:
    world = make_world()
    clip = _clip(world)
    with _open(world, clip) as file:
        assert len(file.read(0, 100)) == 100
        end(world)

        with pytest.raises(Refusal):
            file.read(100, 200)


def test_10_a_suspended_voice_stops_downloads_and_work_until_resumed(engine: SineEngine) -> None:
    world = make_world()
    clip = _clip(world)
    request = world.accept()
    voice_suspend(account_id=world.owner.account_id, voice_id=world.voice.pk)
    _work()

    with pytest.raises(Refusal, match="voice_suspended"):
        _open(world, clip)
    assert SynthesisRequest.objects.get(pk=request.pk).refusal_code == "voice_suspended"


def test_10_erasure_forgets_bytes_fingerprint_and_text(
    engine: SineEngine, django_capture_on_commit_callbacks: Any
) -> None:
    world = make_world()
    clip = _clip(world)

    with django_capture_on_commit_callbacks(execute=True):
        voice_erase(account_id=world.owner.account_id, voice_id=world.voice.pk)

    erased = Clip.objects.select_related("request").get(pk=clip.pk)
    assert (erased.blob, erased.fingerprint) == ("", None)
    assert erased.erased_at is not None
    assert not blobs.exists(clip.blob)
    assert request_text(erased.request) is None


def test_10_revoking_one_grant_leaves_the_other_app_its_request(engine: SineEngine) -> None:
    world = make_world()
    other = Grant.objects.get(pk=world.grant.pk)
    other.pk, other.organisation = "gra_other", world.stranger
    other.save(force_insert=True)
    mine, theirs = world.accept(), world.accept(organisation_id=world.stranger.pk)

    _revoke_grant(world)
    _work()

    assert SynthesisRequest.objects.get(pk=mine.pk).state == RequestState.CANCELLED_REVOKED
    assert SynthesisRequest.objects.get(pk=theirs.pk).state == RequestState.RELEASED


@pytest.mark.parametrize("stage", ["before_rendering", "before_marking", "before_release"])
def test_11_a_consent_that_runs_out_after_accepting_ends_the_request(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    with clock.frozen(clock.now()) as hands:
        world = make_world()
        Grant.objects.filter(pk=world.grant.pk).update(expires_at=clock.now() + timedelta(days=365))
        request = world.accept()
        past_the_end = 31 * 86_400.0
        if stage == "before_rendering":
            hands.advance(past_the_end)
        render_waiting()
        if stage == "before_marking":
            hands.advance(past_the_end)
        if stage == "before_release":
            put = storage.put

            def put_then_wait(data_key_id: object, data: bytes) -> str:
                hands.advance(past_the_end)
                return put(data_key_id, data)

            monkeypatch.setattr(storage, "put", put_then_wait)
        egress_waiting()

    ended = SynthesisRequest.objects.get(pk=request.pk)
    assert (ended.state, ended.refusal_code) == (RequestState.REFUSED, "consent_expired")
    assert not Clip.objects.exists()
    assert world.used() == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "advertising"}, "purpose_not_consented"),
        ({"purpose": "assistant"}, "purpose_not_granted"),
        ({"language": "de"}, "language_not_consented"),
    ],
)
def test_14_what_was_not_granted_is_refused_and_costs_nothing(
    engine: SineEngine, changes: dict[str, Any], code: str
) -> None:
    world = make_world()

    with pytest.raises(Refusal) as refusal:
        world.accept(**changes)

    assert code in refusal.value.codes
    assert not SynthesisRequest.objects.exists()
    assert world.used() == 0


@pytest.mark.django_db(transaction=True)
def test_14_of_parallel_requests_only_as_many_get_through_as_the_quota_holds(engine: SineEngine) -> None:
    world = make_world()
    text = "x" * 100
    Grant.objects.filter(pk=world.grant.pk).update(quota_characters=350)
    start, outcomes = threading.Barrier(8), []

    def ask() -> None:
        try:
            start.wait()
            world.accept(text=text)
            outcomes.append("accepted")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["accepted"] * 3 + ["quota_exhausted"] * 5
    assert world.used() == 300
    assert SynthesisRequest.objects.count() == RenderJob.objects.count() == 3
