"""Misuse 17: webhooks aimed at our own network."""

from __future__ import annotations

import pytest

from tests.functional.driver import code, new_app
from vivavoce.webhooks import guard
from vivavoce.webhooks.models import Endpoint

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0/",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://10.0.0.5/",
        "https://metadata.google.internal/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "https://public.example@127.0.0.1/",
    ],
)
def test_an_endpoint_inside_cannot_be_set_up(url: str) -> None:
    _, app = new_app()
    response = app.post("/webhooks", {"url": url, "events": ["clip.released"]})
    assert response.status_code == 422
    assert code(response) in {"url_scheme", "url_malformed", "url_credentials", "address_refused", "host_unknown"}
    assert not Endpoint.objects.exists()


def test_a_name_that_is_public_at_setup_and_private_at_delivery_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[object] = []
    monkeypatch.setattr("socket.create_connection", lambda address, **_: dialled.append(address))
    with pytest.raises(guard.TargetRefused):
        guard.post("https://rebind.example.org/", b"{}", {}, resolver=lambda host, port: ["127.0.0.1"])
    assert dialled == []


def test_the_refusal_tells_nothing_about_what_lies_at_the_address() -> None:
    _, app = new_app()
    answers = [
        app.post("/webhooks", {"url": f"https://127.0.0.1:{port}/", "events": ["clip.released"]}) for port in (1, 5432)
    ]
    bodies = [response.content.decode().partition('"request_id"')[0] for response in answers]  # type: ignore[attr-defined]
    assert bodies[0] == bodies[1]
