"""No transition of a request outside its table, whichever service is called in whichever state."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from synthesis.models import SynthesisRequest
from synthesis.services import transitions
from synthesis.states import REQUEST, TERMINAL, RequestState
from tests.fakes.fixtures import nudges
from tests.fakes.world import World, make_world

__all__ = ["nudges"]
pytestmark = pytest.mark.django_db
REFUSAL = Refusal("consent_expired", "No.")
SERVICES: dict[str, tuple[Callable[[str], bool], RequestState]] = {
    "queue": (lambda pk: transitions.request_queue(request_id=pk), RequestState.QUEUED),
    "start": (lambda pk: transitions.request_start(request_id=pk), RequestState.RUNNING),
    "mark": (lambda pk: transitions.request_mark(request_id=pk), RequestState.MARKING),
    "verify": (lambda pk: transitions.request_verify(request_id=pk), RequestState.VERIFYING),
    "refuse": (
        lambda pk: transitions.request_refuse(request_id=pk, refusal=REFUSAL, actor="worker:test"),
        RequestState.REFUSED,
    ),
    "fail": (
        lambda pk: transitions.request_fail(request_id=pk, code="c", sentence="s", actor="worker:test"),
        RequestState.FAILED,
    ),
    "revoke": (
        lambda pk: transitions.request_revoked(request_id=pk, code="voice_revoked", actor="worker:test"),
        RequestState.CANCELLED_REVOKED,
    ),
    "withdraw": (
        lambda pk: transitions.request_withdraw(request_id=pk, actor="worker:test"),
        RequestState.CANCELLED_REVOKED,
    ),
}


@pytest.fixture
def world() -> World:
    """One owner, one app, one grant."""
    return make_world()


def _in_state(world: World, state: str) -> SynthesisRequest:
    request = world.accept()
    SynthesisRequest.objects.filter(pk=request.pk).update(state=state, refusal_code="earlier")
    return request


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_moves_only_as_the_table_allows_and_logs_exactly_when_it_moves(world: World, name: str) -> None:
    call, to = SERVICES[name]
    for state in RequestState:
        request = _in_state(world, state)
        entries = Entry.objects.count()
        allowed = to in REQUEST.get(state, frozenset())

        try:
            answered = call(request.pk)
        except RuntimeError:
            answered = False
            assert state not in TERMINAL, "a request that ended is a normal thing to meet"

        after = SynthesisRequest.objects.get(pk=request.pk).state
        assert after == (to if allowed else state)
        assert Entry.objects.count() - entries == int(allowed)
        if state in TERMINAL:
            assert not answered


def test_terminal_states_have_no_way_out() -> None:
    assert not TERMINAL & set(REQUEST)


@pytest.mark.parametrize("name", ["refuse", "fail", "revoke", "withdraw"])
def test_every_end_without_a_clip_gives_the_quota_back_once(world: World, name: str) -> None:
    request = world.accept()
    held = world.used()
    assert held > 0

    SERVICES[name][0](request.pk)
    SERVICES[name][0](request.pk)

    assert world.used() == 0


def test_a_revocation_found_by_the_gate_ends_as_revoked_not_as_refused(world: World) -> None:
    request = world.accept()

    refusal = Refusal("grant_revoked", "No.", ("grant_revoked", "purpose_not_granted"))
    transitions.request_refuse(request_id=request.pk, refusal=refusal, actor="worker:test")

    assert SynthesisRequest.objects.get(pk=request.pk).state == RequestState.CANCELLED_REVOKED
