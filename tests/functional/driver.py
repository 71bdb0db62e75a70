"""A client of the HTTP interface for tests, and the worker's steps that no functional test waits for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client

from audiokit.clock import now
from safeguards import vault
from safeguards.audit import log
from safeguards.audit.events import EventType
from safeguards.vault import blobs
from synthesis import sealing
from synthesis.models import Clip, StreamWindow, SynthesisRequest
from synthesis.services.transitions import request_mark, request_queue, request_start, request_verify
from tests.factories import accounts
from vivavoce.accounts import scopes, services
from vivavoce.accounts.models import Organisation, User
from vivavoce.accounts.principals import SystemPrincipal

PROBLEM = "application/problem+json"
SYSTEM = SystemPrincipal("test")


def app_key(organisation: Organisation, *, world: str = "sandbox", only: list[str] | None = None) -> str:
    """A key of an organisation with every scope, or ``only`` some."""
    issued = services.key_create(
        by=SYSTEM, organisation_id=organisation.pk, world=world, name="test", scopes=only or list(scopes.APP)
    )
    return issued.token


def person_key(user: User, *, world: str = "sandbox", only: list[str] | None = None) -> str:
    """A key of a person with every scope that the account may have."""
    held = [s for s in scopes.PERSON if (s != "audit" or user.is_auditor) and (s != "operate" or user.is_operator)]
    return services.key_create(by=SYSTEM, account_id=user.pk, world=world, name="test", scopes=only or held).token


@dataclass
class Api:
    """One caller. Every error must be a problem document with the request's id; ``call`` sees to that."""

    key: str | None = None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponseBase:
        """Send JSON (or nothing) below ``/v1``."""
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        data = "" if body is None else json.dumps(body)
        response: HttpResponseBase = self.client.generic(
            method, f"/v1{path}", data, content_type="application/json", headers=sent | headers
        )
        _check(response)
        return response

    def get(self, path: str, **headers: str) -> HttpResponseBase:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponseBase:
        """POST JSON; an empty object when there is nothing to say."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def delete(self, path: str) -> HttpResponseBase:
        """DELETE."""
        return self.call("DELETE", path)

    def upload(self, path: str, data: bytes, content_type: str = "audio/wav", **headers: str) -> HttpResponseBase:
        """POST audio as the body."""
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        response: HttpResponseBase = self.client.generic(
            "POST", f"/v1{path}", data, content_type=content_type, headers=sent | headers
        )
        _check(response)
        return response

    def made(self, path: str, body: Any = None) -> dict[str, Any]:
        """POST, expect success, return the document."""
        response = self.post(path, body)
        assert response.status_code < 300, text(response)
        return document(response)

    def read(self, path: str) -> dict[str, Any]:
        """GET, expect success, return the document."""
        response = self.get(path)
        assert response.status_code == 200, text(response)
        return document(response)


def document(response: HttpResponseBase) -> dict[str, Any]:
    """The JSON of a response."""
    parsed: dict[str, Any] = json.loads(text(response))
    return parsed


def text(response: HttpResponseBase) -> str:
    """The body as text, streamed or not."""
    return content(response).decode()


def content(response: HttpResponseBase) -> bytes:
    """The body, streamed or not."""
    if getattr(response, "streaming", False):
        return b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return bytes(response.content)  # type: ignore[attr-defined]


def code(response: HttpResponseBase) -> str:
    """The problem's code."""
    return str(document(response)["code"])


def _check(response: HttpResponseBase) -> None:
    assert response["X-Request-Id"]
    if response.status_code < 400:
        return
    assert response["Content-Type"] == PROBLEM, (response.status_code, response["Content-Type"])
    body = document(response)
    assert {"type", "title", "status", "code", "detail", "request_id"} <= set(body)
    assert body["status"] == response.status_code
    # A repeated answer names the request that it answered first.
    assert body["request_id"] == response["X-Request-Id"] or "Idempotent-Replayed" in response


def release(request_id: str, data: bytes = b"RIFF" + bytes(range(256)) * 40) -> Clip:
    """What render and egress leave behind, in their order of states; the real ones are tested in their own room."""
    for step in (request_queue, request_start, request_mark, request_verify):
        step(request_id=request_id)
    request = SynthesisRequest.objects.get(pk=request_id)
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        clip = Clip.objects.create(
            request=request,
            world=request.world,
            payload=Clip.objects.count(),
            watermark_key_id="test",
            format=request.format,
            seconds=1.0,
            size=len(data),
            sha256=digest,
            blob=blobs.put(request.data_key_id, data, kind="clip"),
            watermark_log10_p=-20.0,
            log_index=0,
            released_at=now(),
        )
        SynthesisRequest.objects.filter(pk=request_id).update(state="released", ended_at=now())
        entry = log.append(
            EventType.REQUEST_RELEASED, actor="worker:egress", subject=f"request:{request_id}", world=request.world
        )
        Clip.objects.filter(pk=clip.pk).update(log_index=entry.index)
    clip.refresh_from_db()
    return clip


def window(request: SynthesisRequest, index: int, data: bytes, *, last: bool) -> None:
    """One piece of a stream, as egress leaves it."""
    sealed = vault.seal(request.data_key_id, data, context=sealing.window(request.pk, index))
    StreamWindow.objects.create(
        request=request, index=index, sealed=sealed, last=last, watermark_log10_p=-20.0, created_at=now()
    )


def new_app(*, world: str = "sandbox") -> tuple[Organisation, Api]:
    """A new organisation and a caller with its key."""
    organisation = accounts.organisation()
    return organisation, Api(app_key(organisation, world=world))
