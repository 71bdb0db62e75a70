"""Putting a question about a piece of sound: was it made here, is it synthetic."""

from __future__ import annotations

import hashlib
from typing import Final

from django.db import transaction

from audiokit.clock import now
from audiokit.ids import new_id
from safeguards import vault
from safeguards.vault import blobs
from synthesis.errors import RequestInvalid
from synthesis.models import VerifyJob
from voices import jobs

MAX_BYTES: Final = 25 * 1024 * 1024
MAX_SECONDS: Final = 600.0
KIND: Final = "upload"


def verify_submit(*, data: bytes, kind: str, audience: str, asked_by: str = "") -> VerifyJob:
    """Take a piece of sound in for analysis, sealed under a key of its own that is destroyed with it when the answer is there.

    Args:
        data: the file as it came; it is not decoded here.
        kind: ``verify`` or ``detect``.
        audience: ``public``, ``app`` or ``auditor``: how much of the answer is kept.
        asked_by: organisation id (``app``) or account id (``auditor``), empty for the public.

    Raises:
        RequestInvalid: ``upload_empty`` or ``upload_too_large``.
        ValueError: an unknown kind or audience, which is a mistake of the caller.
    """
    VerifyJob.Kind(kind)
    VerifyJob.Audience(audience)
    if (audience == VerifyJob.Audience.PUBLIC) != (asked_by == ""):
        raise ValueError("asked_by names the organisation or auditor, and nobody for the public")
    if not data:
        raise RequestInvalid("upload_empty", "The file is empty; send the sound itself.")
    if len(data) > MAX_BYTES:
        raise RequestInvalid("upload_too_large", f"The file is larger than {MAX_BYTES // 2**20} MiB; send an excerpt.")
    with transaction.atomic():
        key = vault.keys.create()
        ref = blobs.put(key.pk, data, kind=KIND)
        try:
            job = VerifyJob.objects.create(
                id=new_id("ver"),
                kind=kind,
                audience=audience,
                asked_by=asked_by,
                data_key=key,
                upload=ref,
                upload_sha256=hashlib.sha256(data).hexdigest(),
                created_at=now(),
            )
            jobs.nudge("synthesis.verify")
        except BaseException:
            blobs.delete(ref)
            raise
    return job
