"""RFC 9457 problem documents: the one shape of every error that leaves ``/v1``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An error that the interface itself raises (limits, idempotency, preconditions); domain errors are mapped in ``errors``."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        codes: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.codes = tuple(codes)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


NOT_FOUND = (404, "not_found", "There is no such object.")


def document(problem: Problem, request_id: str) -> dict[str, object]:
    """The members ``type``, ``title``, ``status``, ``code``, ``detail``, ``request_id``, and ``codes`` where several reasons held."""
    body: dict[str, object] = {
        "type": f"urn:vivavoce:problem:{problem.code}",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.codes:
        body["codes"] = list(problem.codes)
    return body | problem.extra


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a response."""
    body = document(problem, getattr(request, "request_id", ""))
    response = HttpResponse(json.dumps(body), status=problem.status, content_type=MEDIA_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    # An error about somebody's object must not outlive the object in a cache.
    response["Cache-Control"] = "no-store"
    return response
