"""Other rooms are told, once each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from voices import hooks

LISTS = (hooks._revocation, hooks._erasure, hooks._enrolment_accepted, hooks._clip_match)


@pytest.fixture(autouse=True)
def _nobody_else() -> Iterator[None]:
    kept = [list(registered) for registered in LISTS]
    for registered in LISTS:
        registered.clear()
    yield
    for registered, before in zip(LISTS, kept, strict=True):
        registered[:] = before


def test_a_hook_registered_twice_is_called_once():
    heard: list[hooks.Revocation] = []
    hooks.on_revocation(heard.append)
    hooks.on_revocation(heard.append)
    event = hooks.Revocation("voi_1", None, "voice_revoked")
    hooks.revoked(event)
    assert heard == [event]


def test_each_kind_of_event_reaches_its_own_hooks():
    heard: list[object] = []
    hooks.on_erasure(heard.append)
    hooks.on_enrolment_accepted(heard.append)
    hooks.erased(hooks.Erasure("own_1", ("voi_1",), ("key",)))
    hooks.enrolment_accepted("enr_1")
    assert heard == [hooks.Erasure("own_1", ("voi_1",), ("key",)), "enr_1"]


def test_the_best_clip_match_of_all_wins_and_nobody_finding_one_is_none():
    assert hooks.clip_match("live", b"") is None
    hooks.on_clip_match(lambda world, fingerprint: None)
    assert hooks.clip_match("live", b"") is None
    hooks.on_clip_match(lambda world, fingerprint: 0.3)
    hooks.on_clip_match(lambda world, fingerprint: 0.9)
    assert hooks.clip_match("live", b"") == 0.9


def test_a_hook_that_raises_is_not_swallowed():
    def broken(event: hooks.Revocation) -> None:
        raise LookupError("cannot stop the jobs")

    hooks.on_revocation(broken)
    with pytest.raises(LookupError):
        hooks.revoked(hooks.Revocation("voi_1", None, "voice_revoked"))
