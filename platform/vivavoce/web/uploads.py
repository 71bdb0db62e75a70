"""Uploads in forms, bounded before they are read."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext

from audiokit import AudioError
from synthesis.errors import RequestInvalid
from vivavoce.web.templatetags.web_operation import code_in_words

MAX_BYTES = 32 * 1024 * 1024


def recording(request: HttpRequest) -> bytes:
    """The bytes of the form's one file; its name is never used.

    Raises:
        AudioError: ``empty``, ``too_large``.
    """
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        raise AudioError("empty", "No recording came with the form.")
    if upload.size is None or upload.size > MAX_BYTES:
        raise AudioError("too_large", f"The file is larger than {MAX_BYTES // 2**20} MiB.")
    data: bytes = upload.read()
    return data


def refused(error: AudioError | RequestInvalid) -> str:
    """Why an upload was not taken, in the reader's language."""
    return f"{gettext('This file could not be judged:')} {code_in_words(error.code)}"
