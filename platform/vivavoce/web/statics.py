"""Style sheets and scripts as they are sent: under addresses that name their content, kept for a year, and compressed.

There is no build step: the address of a file gets a few digits of its hash (``?v=``), and an answer to such an address never changes. Modules that
import one another do so without digits; those are asked for again after a minute, and answered 304 when they are the same.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers

_DIGITS = 10
_TEXTS = ("text/", "image/svg+xml", "application/json", "application/javascript")
_LEAST_BYTES = 600  # below that a compressed file saves no packet
_YEAR = "public, max-age=31536000, immutable"
View = Callable[[HttpRequest], HttpResponseBase]


class VersionedFiles(StaticFilesStorage):
    """Addresses with a version; a file that is not there keeps its bare address, and is a 404 there."""

    def url(self, name: str | None) -> str:
        """The address of a static file."""
        plain = super().url(name)
        version = _version(name or "")
        return f"{plain}?v={version}" if version else plain


def static_answers(get_response: View) -> View:
    """Middleware around the one that serves static files: what is asked for by version is kept for a year; texts are compressed."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code != 200 or not request.path.startswith(settings.STATIC_URL):
            return response
        if request.GET.get("v") and request.GET["v"] == _version(request.path.removeprefix(settings.STATIC_URL)):
            response.headers["Cache-Control"] = _YEAR
        if request.method == "GET" and response.headers.get("Content-Type", "").startswith(_TEXTS):
            return _compressed(request, response)
        return response

    return middleware


def _compressed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, ["Accept-Encoding"])
    if "gzip" not in request.headers.get("Accept-Encoding", "") or "Range" in request.headers:
        return response
    if int(response.headers.get("Content-Length", 0)) < _LEAST_BYTES:
        return response
    if not isinstance(response, StreamingHttpResponse):
        return response
    data = b"".join(response.streaming_content)  # type: ignore[arg-type]
    response.close()
    shorter = HttpResponse(_gzip(data), headers=dict(response.headers.items()))
    shorter.headers["Content-Encoding"] = "gzip"
    shorter.headers["Content-Length"] = str(len(shorter.content))
    if "ETag" in shorter.headers:
        shorter.headers["ETag"] = "W/" + shorter.headers["ETag"].removeprefix("W/")
    return shorter


@lru_cache(maxsize=64)
def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


@lru_cache(maxsize=512)
def _version(name: str) -> str:
    path = finders.find(name)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:_DIGITS] if path else ""
