"""Misuse 14: use beyond what was granted; keys that have ended; races for the last of a quota."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from synthesis.models import SynthesisRequest
from tests.factories import voices as people
from tests.functional.driver import SYSTEM, Api, app_key, code, document
from vivavoce.accounts import services
from voices.models import Grant


def request_body(grant: Grant, **changes: Any) -> dict[str, Any]:
    """What the grant permits, unless changed."""
    return {"voice_id": grant.voice_id, "text": "Hi.", "purpose": "narration", "format": "wav", **changes}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"purpose": "advertising"}, "purpose_not_granted"),
        ({"purpose": "assistant"}, "purpose_not_granted"),
        ({"purpose": ""}, "purpose_not_granted"),
        ({"language": "de"}, "language_not_granted"),
        ({"format": "opus"}, "format_not_granted"),
        ({"text": "a" * 1001}, "quota_exhausted"),
    ],
)
def test_what_was_not_granted_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    grant = people.active_grant()
    refused = Api(app_key(grant.organisation)).post("/synthesis", request_body(grant, **changes))
    assert refused.status_code == 403
    assert reason in document(refused)["codes"]
    assert not SynthesisRequest.objects.exists()


@pytest.mark.django_db
def test_a_revoked_key_and_a_rotated_one_past_its_overlap_do_nothing() -> None:
    grant = people.active_grant()
    key = app_key(grant.organisation)
    key_id = key.split("_")[2]
    successor = services.key_rotate(by=SYSTEM, key_id=key_id, overlap_seconds=0)
    assert code(Api(key).post("/synthesis", request_body(grant))) == "key_expired"
    assert Api(successor.token).post("/synthesis", request_body(grant)).status_code == 202
    services.key_revoke(by=SYSTEM, key_id=successor.key.pk)
    assert code(Api(successor.token).post("/synthesis", request_body(grant))) == "key_revoked"


@pytest.mark.django_db
def test_a_leaked_key_can_disable_itself_and_is_dead_at_once() -> None:
    grant = people.active_grant()
    key = app_key(grant.organisation, only=["clips"])
    assert Api(key).post("/keys/self/disable").status_code == 200
    assert code(Api(key).get("/clips")) == "key_revoked"


@pytest.mark.django_db
def test_a_sandbox_key_does_not_speak_a_live_voice() -> None:
    grant = people.active_grant(people.ready_voice(world="live"))
    assert Api(app_key(grant.organisation)).post("/synthesis", request_body(grant)).status_code == 404


@pytest.mark.django_db
def test_a_grant_of_the_app_for_another_voice_does_not_help() -> None:
    grant = people.active_grant()
    other = people.ready_voice()
    app = Api(app_key(grant.organisation))
    assert app.post("/synthesis", request_body(grant, voice_id=other.pk, grant_id=grant.pk)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_parallel_requests_for_the_last_characters_exactly_as_many_pass_as_there_are() -> None:
    grant = people.active_grant(quota_characters=10)
    key = app_key(grant.organisation)

    def ask(_: int) -> int:
        try:
            return Api(key).post("/synthesis", request_body(grant, text="12345")).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(ask, range(6)))
    assert statuses == [202, 202, 403, 403, 403, 403]
    assert Grant.objects.get(pk=grant.pk).used_characters == 10


@pytest.mark.django_db(transaction=True)
def test_of_parallel_requests_with_one_idempotency_key_one_does_the_work() -> None:
    grant = people.active_grant()
    key = app_key(grant.organisation)

    def ask(_: int) -> tuple[int, str]:
        try:
            response = Api(key).post("/synthesis", request_body(grant), **{"Idempotency-Key": "once"})
            return response.status_code, str(document(response).get("id", ""))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert {status for status, _ in answers} <= {202, 409}
    assert len({made for status, made in answers if status == 202}) == 1
    assert SynthesisRequest.objects.count() == 1
