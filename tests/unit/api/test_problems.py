"""Every error is a problem document with a code of ours, whoever raised it."""

from __future__ import annotations

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.test import RequestFactory

from audiokit.errors import AudioError
from safeguards.errors import Refusal
from synthesis.errors import RequestInvalid
from tests.factories import accounts
from tests.functional.driver import Api, code, document, new_app, person_key
from vivavoce.accounts import errors as account_errors
from vivavoce.api.errors import to_problem
from voices import errors as voice_errors

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (Refusal("consent_expired", "Renew it.", ("consent_expired", "grant_expired")), 403, "consent_expired"),
        (Refusal("clip_erased", "It is gone."), 410, "clip_erased"),
        (AudioError("too_long", "Too long."), 422, "too_long"),
        (AudioError("too_large", "Too large."), 413, "too_large"),
        (AudioError("unsupported_format", "Not sound."), 415, "unsupported_format"),
        (RequestInvalid("text_empty", "Send words."), 422, "text_empty"),
        (voice_errors.NotFound(), 404, "not_found"),
        (voice_errors.ChallengeLate("challenge_expired", "Ask again."), 409, "challenge_expired"),
        (voice_errors.Invalid("purpose_unknown", "Which?"), 422, "purpose_unknown"),
        (account_errors.NotFound(), 404, "not_found"),
        (account_errors.Forbidden("scope_missing", "No."), 403, "scope_missing"),
        (account_errors.KeyRefused(), 401, "key_invalid"),
        (RequestDataTooBig(), 413, "body_too_large"),
        (OperationalError("database is locked"), 503, "busy"),
        (ZeroDivisionError("secret internals"), 500, "internal_error"),
    ],
)
def test_each_domain_error_has_its_status_and_code(error: Exception, status: int, expected: str) -> None:
    problem = to_problem(error)
    assert (problem.status, problem.code) == (status, expected)
    assert "secret internals" not in problem.detail


def test_a_refusal_lists_all_its_reasons() -> None:
    refusal = Refusal("consent_expired", "Renew it.", ("consent_expired", "grant_expired"))
    assert to_problem(refusal).codes == ("consent_expired", "grant_expired")


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/voices/../../etc/passwd", 404, "not_found"),
        ("PUT", "/voices", 405, "method_not_allowed"),
        ("GET", "/voices", 401, "unauthenticated"),
        ("GET", "/voices/%00", 401, "unauthenticated"),
    ],
)
def test_what_reaches_no_operation_is_a_problem_too(method: str, path: str, status: int, expected: str) -> None:
    response = Api().call(method, path)
    assert response.status_code == status
    assert code(response) == expected


def test_an_unknown_member_is_named_with_a_sentence_of_ours() -> None:
    _, app = new_app()
    response = app.post("/synthesis", {"voice_id": "voi_x", "text": "Hi", "purposee": "narration"})
    assert response.status_code == 422
    body = document(response)
    assert body["code"] == "validation_error"
    assert body["errors"] == [
        {"field": "purposee", "code": "extra_forbidden", "message": "is not a member that this call knows"}
    ]


@pytest.mark.parametrize("body", ["{", "[1]", '"text"', "null", "\x00"])
def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    _, app = new_app()
    response = app.client.generic(
        "POST",
        "/v1/synthesis",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {app.key}"},
    )
    assert response.status_code in {400, 422}
    assert response["Content-Type"] == "application/problem+json"


def test_nul_in_a_text_is_refused_before_the_database_sees_it() -> None:
    owner = Api(person_key(accounts.user()))
    response = owner.post("/owners", {"name": "Ada\x00"})
    assert response.status_code == 422
    assert code(response) == "validation_error"


def test_a_request_id_is_taken_over_when_it_is_harmless_and_replaced_when_not() -> None:
    api = Api()
    assert api.get("/voices", **{"X-Request-Id": "trace-12345678"})["X-Request-Id"] == "trace-12345678"
    assert api.get("/voices", **{"X-Request-Id": "a b\tc"})["X-Request-Id"].startswith("rid_")


def test_an_unforeseen_error_says_nothing_but_its_occurrence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("voices.selectors.voices_of_app", broken)
    _, app = new_app()
    response = app.get("/voices")
    assert response.status_code == 500
    assert code(response) == "internal_error"
    assert "hunter2" not in str(document(response))


@pytest.mark.parametrize("presented", ["vv_live_x", "sk-1234", "vv_live_AAAAAAAAAAAA_" + "A" * 49])
def test_a_wrong_key_is_told_from_a_missing_one_and_nothing_more(presented: str) -> None:
    response = Api(presented).get("/voices")
    assert response.status_code == 401
    assert code(response) == "key_invalid"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_the_elevenlabs_header_is_a_credential() -> None:
    _, app = new_app()
    response = Api().get("/voices", **{"xi-api-key": str(app.key)})
    assert response.status_code == 200


def test_an_app_key_does_not_reach_the_owners_side_nor_a_person_the_apps() -> None:
    _, app = new_app()
    assert code(app.post("/consents", _CONSENT)) == "person_needed"
    person = Api(person_key(accounts.user()))
    assert code(person.post("/synthesis", {"voice_id": "voi_x", "text": "Hi"})) == "app_key_needed"
    assert code(person.get("/reviews")) == "scope_missing"


_CONSENT = {"voice_id": "voi_x", "purposes": ["narration"], "languages": ["en"]}


def test_health_needs_no_credentials() -> None:
    for path in ("/healthz", "/readyz"):
        assert Api().get(path).status_code == 200


def test_the_problem_of_a_factory_request_has_an_empty_id_rather_than_none() -> None:
    from vivavoce.api.problems import Problem, respond

    response = respond(RequestFactory().get("/"), Problem(404, "not_found", "No."))
    assert b'"request_id": ""' in response.content
