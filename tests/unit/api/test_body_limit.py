"""Bodies are bounded before and while they are read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from vivavoce.api.body_limit import MAX_JSON_BYTES, MAX_UPLOAD_BYTES, BodyLimit, limit_of


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads all, then answers with the number of bytes."""
    taken = 0
    while True:
        message = await receive()
        taken += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(taken).encode()})


def talk(chunks: list[bytes], headers: dict[str, str]) -> tuple[int, bytes, int]:
    """Status, body, and how many chunks were taken."""
    scope = {"type": "http", "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
    taken = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": chunks[taken - 1], "more_body": taken < len(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(BodyLimit(app)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"], taken


def test_a_body_within_its_limit_passes() -> None:
    assert talk([b"a" * 10, b"b" * 10], {"content-type": "application/json", "content-length": "20"})[:2] == (
        200,
        b"20",
    )


def test_a_declared_length_above_the_limit_is_refused_unread() -> None:
    status, body, taken = talk([b""], {"content-type": "application/json", "content-length": str(MAX_JSON_BYTES + 1)})
    assert (status, taken) == (413, 0)
    assert json.loads(body)["code"] == "body_too_large"


@pytest.mark.parametrize("declared", [{}, {"content-length": "10"}])
def test_a_body_longer_than_it_says_is_cut_off_at_the_limit(declared: dict[str, str]) -> None:
    chunk = b"a" * (MAX_JSON_BYTES // 4)
    status, _, taken = talk([chunk] * 100, {"content-type": "application/json", **declared})
    assert status == 413
    assert taken == 5


@pytest.mark.parametrize("length", ["-1", "1e3", "ten"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    assert talk([b""], {"content-length": length})[0] == 413


def test_only_uploads_get_the_large_limit() -> None:
    assert limit_of("audio/wav") > MAX_UPLOAD_BYTES
    assert limit_of("multipart/form-data; boundary=x") > MAX_UPLOAD_BYTES
    assert limit_of("Application/JSON; charset=utf-8") == MAX_JSON_BYTES
    assert limit_of("") == MAX_JSON_BYTES
