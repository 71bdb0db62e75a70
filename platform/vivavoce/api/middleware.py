"""Around every request below ``/v1``: a request id, problem documents for what never reached an operation, limit headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audiokit.ids import new_id
from vivavoce.api import limits
from vivavoce.api.problems import MEDIA_TYPE, NOT_FOUND, Problem, respond

PREFIX = "/v1/"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_BY_STATUS: Mapping[int, Problem] = {
    400: Problem(400, "request_malformed", "The request cannot be understood."),
    403: Problem(403, "forbidden", "This is not allowed."),
    404: Problem(*NOT_FOUND),
    405: Problem(405, "method_not_allowed", "This address does not answer that method."),
    413: Problem(413, "body_too_large", "The request body is too large."),
    500: Problem(500, "internal_error", "Something went wrong on our side; the request id names the occurrence."),
}


class ApiMiddleware:
    """First in the list, so that what other middleware answers is turned into a problem as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        if not request.path_info.startswith(PREFIX):
            return self._next(request)
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _GIVEN.fullmatch(given) else new_id("rid")
        request.request_id = request_id  # type: ignore[attr-defined]
        response = self._next(request)
        if response.status_code >= 400 and not response.get("Content-Type", "").startswith(MEDIA_TYPE):
            response = _as_problem(request, response)
        response["X-Request-Id"] = request_id
        for name, value in getattr(request, "limit_headers", {}).items():
            response.setdefault(name, value)
        return response


class PublicFormLimit:
    """A console form that anybody may send (views marked ``public_form``) takes a token of the bucket that the API's public operations take.

    The view answers: ``request.limited_for`` holds the seconds to wait when the bucket is empty, and is absent otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the limit's headers."""
        response = self._next(request)
        if getattr(request, "limited_for", None) is not None:
            response["Retry-After"] = str(request.limited_for)  # type: ignore[attr-defined]
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> None:
        """Before the view runs."""
        if request.method != "POST" or not getattr(view, "public_form", False):
            return
        try:
            limits.take(request, limits.address(request), limits.by_address())
        except Problem as problem:
            request.limited_for = int(problem.headers["Retry-After"])  # type: ignore[attr-defined]


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    known = _BY_STATUS.get(response.status_code)
    problem = known or Problem(response.status_code, "request_refused", "The request cannot be answered.")
    answer = respond(request, problem)
    for name in ("Allow", "WWW-Authenticate", "Retry-After"):
        if name in response:
            answer[name] = response[name]
    return answer
