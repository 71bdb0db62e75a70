"""Static files: kept for a year under a version, compressed where that is wanted, the same bytes either way."""

from __future__ import annotations

import gzip
import re

import pytest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.test import Client

SHEET = "web/console.css"

pytestmark = pytest.mark.django_db  # an address without a file is answered by the console's own page


def got(client: Client, address: str, **headers: str) -> tuple[HttpResponseBase, bytes]:
    """An answer and its body; the file is let go."""
    answer = client.get(address, headers=headers)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    return answer, body


def test_an_address_names_the_content_and_is_kept_for_a_year(client: Client) -> None:
    address = static(SHEET)
    assert re.fullmatch(r"/static/web/console\.css\?v=[0-9a-f]{10}", address)
    assert got(client, address)[0]["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=0123456789", "?v="])
def test_without_the_right_version_it_is_asked_for_again_soon(client: Client, query: str) -> None:
    assert got(client, f"/static/{SHEET}{query}")[0]["Cache-Control"] == "max-age=60, public"


def test_a_text_is_compressed_for_those_who_ask_and_says_so(client: Client) -> None:
    plain, body = got(client, static(SHEET))
    short, packed = got(client, static(SHEET), **{"Accept-Encoding": "gzip"})
    assert short["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    assert gzip.decompress(packed) == body
    assert int(short["Content-Length"]) == len(packed) < len(body) / 2
    assert plain["Vary"] == short["Vary"] == "Accept-Encoding"
    assert short["ETag"].startswith("W/")


def test_who_has_it_already_is_told_so(client: Client) -> None:
    known = got(client, static(SHEET))[0]["ETag"]
    assert got(client, static(SHEET), **{"If-None-Match": known})[0].status_code == 304


def test_what_is_not_there_has_no_version(client: Client) -> None:
    assert static("web/nothing.css") == "/static/web/nothing.css"
    assert got(client, "/static/web/nothing.css")[0].status_code == 404
