"""The one table from what the rooms raise to what a client reads.

Domain errors know no HTTP; HTTP knows no domain beyond this module. Library messages never pass through: a client sees our codes and our
sentences, or ``internal_error`` and a request id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as BodyInvalid

from audiokit.errors import AudioError
from safeguards.errors import Refusal
from synthesis.errors import RequestInvalid
from vivavoce.accounts import errors as accounts
from vivavoce.api.problems import NOT_FOUND, Problem, respond
from vivavoce.streams import RangeNotSatisfiable
from voices import errors as voices

log = logging.getLogger(__name__)

# A refusal is 403 unless what was asked for is gone, or the row's state stands in the way.
_REFUSAL_STATUS: Mapping[str, int] = {"clip_erased": 410, "voice_erased": 410, "clip_expired": 410}
_INVALID_STATUS: Mapping[str, int] = {"upload_too_large": 413, "too_large": 413, "unsupported_format": 415}
# pydantic's error types, in our words. Anything else reads "is not valid".
_FIELD_SENTENCES: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "is not a member that this call knows",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_attributes_type": "must be an object",
    "too_long": "has too many items",
    "too_short": "has too few items",
    "greater_than": "is too small",
    "greater_than_equal": "is too small",
    "less_than": "is too large",
    "less_than_equal": "is too large",
    "literal_error": "is not one of the allowed values",
    "enum": "is not one of the allowed values",
    "string_pattern_mismatch": "has the wrong form",
    "datetime_parsing": "must be a date and time (RFC 3339)",
    "datetime_from_date_parsing": "must be a date and time (RFC 3339)",
    "timezone_aware": "must be a date and time with its offset from UTC",
    "json_invalid": "is not valid JSON",
}


def _fields(error: BodyInvalid) -> Problem:
    found = [
        {
            "field": ".".join(str(part) for part in item["loc"] if part not in {"body", "payload"}) or "body",
            "code": item["type"],
            "message": _FIELD_SENTENCES.get(item["type"], "is not valid"),
        }
        for item in error.errors[:20]
    ]
    first = found[0] if found else {"field": "body", "message": "is not valid"}
    detail = f"{first['field']} {first['message']}."
    return Problem(422, "validation_error", detail, extra={"errors": found})


def _http(error: HttpError) -> Problem:
    if error.status_code == 403:
        return Problem(403, "csrf_failed", "A signed-in browser must send the CSRF token in the X-CSRFToken header.")
    if error.status_code == 400:
        return Problem(400, "body_malformed", "The request body cannot be read; send valid JSON.")
    return Problem(error.status_code, "request_refused", "The request cannot be answered.")


def _refusal(error: Refusal) -> Problem:
    return Problem(_REFUSAL_STATUS.get(error.code, 403), error.code, error.sentence, codes=error.codes)


def _key(error: accounts.KeyRefused) -> Problem:
    return Problem(401, error.code, error.sentence, headers={"WWW-Authenticate": 'Bearer realm="vivavoce"'})


def _range(error: RangeNotSatisfiable) -> Problem:
    headers = {"Content-Range": f"bytes */{error.size}", "Accept-Ranges": "bytes"}
    return Problem(416, "range_not_satisfiable", str(error), headers=headers)


def _invalid(code: str, sentence: str) -> Problem:
    return Problem(_INVALID_STATUS.get(code, 422), code, sentence)


# Most special first: the first class that fits wins.
_TABLE: tuple[tuple[type[BaseException], Callable[..., Problem]], ...] = (
    (Problem, lambda error: error),
    (Refusal, _refusal),
    (AudioError, lambda error: _invalid(error.code, error.detail)),
    (RequestInvalid, lambda error: _invalid(error.code, error.sentence)),
    (voices.NotFound, lambda _: Problem(*NOT_FOUND)),
    (voices.Conflict, lambda error: Problem(409, error.code, error.sentence)),
    (voices.Invalid, lambda error: _invalid(error.code, error.sentence)),
    (accounts.NotFound, lambda _: Problem(*NOT_FOUND)),
    (accounts.Conflict, lambda error: Problem(409, error.code, error.sentence)),
    (accounts.Invalid, lambda error: _invalid(error.code, error.sentence)),
    (accounts.Forbidden, lambda error: Problem(403, error.code, error.sentence)),
    (accounts.KeyRefused, _key),
    (ObjectDoesNotExist, lambda _: Problem(*NOT_FOUND)),
    (Http404, lambda _: Problem(*NOT_FOUND)),
    (RangeNotSatisfiable, _range),
    (BodyInvalid, _fields),
    (
        AuthenticationError,
        lambda _: Problem(
            401,
            "unauthenticated",
            "Send an API key as 'Authorization: Bearer …' or 'xi-api-key: …', or sign in.",
            headers={"WWW-Authenticate": 'Bearer realm="vivavoce"'},
        ),
    ),
    (HttpError, _http),
    (RequestDataTooBig, lambda _: Problem(413, "body_too_large", "The request body is too large.")),
    (MultiPartParserError, lambda _: Problem(400, "body_malformed", "The multipart body cannot be read.")),
    (UnreadablePostError, lambda _: Problem(400, "body_incomplete", "The request body ended too early.")),
    (SuspiciousOperation, lambda _: Problem(400, "request_malformed", "The request cannot be understood.")),
    (
        OperationalError,
        lambda _: Problem(503, "busy", "The service is busy; try again in a moment.", headers={"Retry-After": "1"}),
    ),
)


def to_problem(error: BaseException) -> Problem:
    """The problem that stands for an error; ``internal_error``, and a line in the process's log, for one that nobody foresaw."""
    for kind, make in _TABLE:
        if isinstance(error, kind):
            if isinstance(error, OperationalError):
                log.warning("database busy", exc_info=error)
            return make(error)
    log.error("unforeseen error", exc_info=error)
    return Problem(500, "internal_error", "Something went wrong on our side; the request id names the occurrence.")


def foreseen() -> tuple[type[BaseException], ...]:
    """What the rooms raise on purpose: outcomes that an idempotent replay repeats."""
    return tuple(kind for kind, _ in _TABLE if kind not in {OperationalError, UnreadablePostError})


def install(api: NinjaAPI) -> None:
    """Answer every exception of an operation with its problem."""

    def answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        return respond(request, to_problem(error if isinstance(error, Exception) else error()))

    for kind in (*(kind for kind, _ in _TABLE), Exception):
        api.add_exception_handler(kind, answer)
