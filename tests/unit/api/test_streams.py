"""Downloads: ranges, entity tags, and streaming under both kinds of server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.driver import content
from vivavoce import streams
from vivavoce.api.errors import to_problem

DATA = bytes(range(256)) * 1000


@dataclass(frozen=True)
class Memory:
    """A file that is all there."""

    data: bytes = DATA
    media_type: str = "audio/wav"
    filename: str = "clip.wav"
    sha256: str = "ab" * 32

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def read(self, start: int, end: int) -> bytes:
        """A slice."""
        return self.data[start:end]


def fetch(**headers: str) -> tuple[int, bytes, StreamingHttpResponse]:
    """GET with headers."""
    response = streams.send_file(RequestFactory().get("/", headers=headers), Memory())
    return response.status_code, content(response), response  # type: ignore[return-value]


def test_the_whole_file_has_its_length_and_tag() -> None:
    status, body, response = fetch()
    assert (status, body) == (200, DATA)
    assert response["Content-Length"] == str(len(DATA))
    assert response["ETag"] == f'"{"ab" * 32}"'
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(DATA)),
        ("bytes=-7", len(DATA) - 7, len(DATA)),
        ("bytes=-9999999", 0, len(DATA)),
        ("bytes=255990-9999999", 255_990, len(DATA)),
    ],
)
def test_a_range_is_served(header: str, start: int, end: int) -> None:
    status, body, response = fetch(Range=header)
    assert (status, body) == (206, DATA[start:end])
    assert response["Content-Range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert response["Content-Length"] == str(end - start)


@pytest.mark.parametrize("header", ["bytes=256000-", "bytes=9-3", "bytes=-0", "bytes=99999999999-"])
def test_a_range_outside_is_416_with_the_size(header: str) -> None:
    with pytest.raises(streams.RangeNotSatisfiable) as refused:
        fetch(Range=header)
    problem = to_problem(refused.value)
    assert problem.status == 416
    assert problem.headers["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "items=0-1", "bytes=-", "bytes=a-b", "bytes=1-2-3"])
def test_a_range_header_we_do_not_serve_gets_the_whole(header: str) -> None:
    assert fetch(Range=header)[0] == 200


def test_if_range_with_another_tag_gets_the_whole() -> None:
    assert fetch(Range="bytes=0-1", **{"If-Range": '"other"'})[0] == 200
    assert fetch(Range="bytes=0-1", **{"If-Range": f'"{"ab" * 32}"'})[0] == 206


def test_an_unchanged_file_is_not_sent_again() -> None:
    status, body, _ = fetch(**{"If-None-Match": f'"{"ab" * 32}"'})
    assert (status, body) == (304, b"")


@given(first=st.integers(0, 300_000), last=st.integers(0, 300_000))
def test_any_pair_is_the_slice_or_416(first: int, last: int) -> None:
    if last < first or first >= len(DATA):
        with pytest.raises(streams.RangeNotSatisfiable):
            fetch(Range=f"bytes={first}-{last}")
        return
    status, body, _ = fetch(Range=f"bytes={first}-{last}")
    assert status == 206
    assert body == DATA[first : last + 1]


def test_under_asgi_pieces_leave_before_the_last_one_is_made() -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield bytes([number])

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    response = streams.stream(ASGIRequest(scope, None), pieces(), content_type="audio/wav")

    async def first_piece() -> bytes:
        async for piece in response:
            return bytes(piece)
        raise AssertionError("no piece came")

    assert asyncio.run(first_piece()) == b"\x00"
    assert made == [0]
