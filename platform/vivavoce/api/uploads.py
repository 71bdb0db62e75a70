"""Audio that a client sends: the raw body, or the part ``file`` of a multipart form. Bounded before it is read; file names are ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from vivavoce.api.body_limit import MAX_JSON_BYTES, MAX_UPLOAD_BYTES
from vivavoce.api.problems import Problem

MAX_FIELD_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class Upload:
    """What came: the bytes, and the other fields of the form."""

    data: bytes = field(repr=False)
    fields: dict[str, str]


def receive(request: HttpRequest) -> Upload:
    """Take the upload out of the request.

    Raises:
        Problem: 413 ``upload_too_large``, 422 ``upload_missing``, ``field_too_long``, 415 ``media_type_unsupported``.
    """
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not str(declared).isdigit() or int(declared) > MAX_UPLOAD_BYTES + MAX_JSON_BYTES:
        raise _too_large()
    if request.content_type == "multipart/form-data":
        return _from_form(request)
    if request.content_type in {"application/json", "application/x-www-form-urlencoded", "text/plain"}:
        raise Problem(415, "media_type_unsupported", "Send the audio as the body, or as the part 'file' of a form.")
    return _checked(Upload(request.body, {}))


def _from_form(request: HttpRequest) -> Upload:
    files = request.FILES.getlist("file")
    if len(files) != 1 or len(request.FILES) != 1:
        raise Problem(422, "upload_missing", "Send exactly one file, in the form's part 'file'.")
    if (files[0].size or 0) > MAX_UPLOAD_BYTES:
        raise _too_large()
    fields = {name: str(value) for name, value in request.POST.items()}
    if any(len(value) > MAX_FIELD_CHARACTERS or "\x00" in value for value in fields.values()):
        raise Problem(
            422, "field_too_long", f"A form field has at most {MAX_FIELD_CHARACTERS} characters, none of them NUL."
        )
    return _checked(Upload(files[0].read(), fields))


def _checked(upload: Upload) -> Upload:
    if not upload.data:
        raise Problem(422, "upload_missing", "The upload is empty.")
    if len(upload.data) > MAX_UPLOAD_BYTES:
        raise _too_large()
    return upload


def _too_large() -> Problem:
    return Problem(413, "upload_too_large", f"An upload has at most {MAX_UPLOAD_BYTES} bytes.")


def documented(**fields: str) -> dict[str, Any]:
    """``openapi_extra`` of an operation that calls ``receive``; ``fields`` are further form fields with their descriptions."""
    form: dict[str, Any] = {"file": {"type": "string", "contentMediaType": "application/octet-stream"}}
    form |= {name: {"type": "string", "description": text} for name, text in fields.items()}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": form}},
                "audio/*": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}},
            },
        }
    }
