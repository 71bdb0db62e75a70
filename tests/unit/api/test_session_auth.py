"""Signed-in people use the same interface from our own pages, and only from there."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import accounts

pytestmark = pytest.mark.django_db


def signed_in() -> Client:
    """A browser that checks CSRF, as a real one is made to."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(accounts.user(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_session_reads() -> None:
    assert signed_in().get("/v1/owners").status_code == 200


def test_a_session_writes_only_with_the_csrf_token() -> None:
    client = signed_in()
    body = {"name": "Ada Example"}
    forged = client.post("/v1/owners", body, content_type="application/json")
    assert forged.status_code == 403
    assert forged.json()["code"] == "csrf_failed"
    client.get("/accounts/login/")
    token = "a" * 32
    client.cookies["csrftoken"] = token
    own = client.post("/v1/owners", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert own.status_code == 201, own.content


def test_a_key_needs_no_csrf_token() -> None:
    from tests.functional.driver import person_key

    client = Client(enforce_csrf_checks=True)
    sent = client.post(
        "/v1/owners",
        {"name": "Ada"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {person_key(accounts.user())}"},
    )
    assert sent.status_code == 201


def test_the_world_of_a_session_is_live_unless_the_header_says_sandbox() -> None:
    client = signed_in()
    token = "a" * 32
    client.cookies["csrftoken"] = token
    headers = {"X-CSRFToken": token, "Vivavoce-World": "sandbox"}
    made = client.post("/v1/owners", {"name": "Ada"}, content_type="application/json", headers=headers)
    assert made.json()["world"] == "sandbox"
    assert client.get("/v1/owners").json()["items"] == []
    assert len(client.get("/v1/owners", headers={"Vivavoce-World": "sandbox"}).json()["items"]) == 1
    assert client.get("/v1/owners", headers={"Vivavoce-World": "moon"}).status_code == 422
