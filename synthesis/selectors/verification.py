"""Answers about pieces of sound, to those who asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from safeguards import vault
from synthesis.models import ClipView, VerifyJob
from synthesis.services.views import CONTEXT
from voices.selectors.lookup import one


@dataclass(frozen=True, slots=True)
class VerifyView:
    """State of a question. ``result`` holds what its audience may know, once ``state`` is ``done``; ``error_code`` why there is none."""

    id: str
    kind: str
    state: str
    error_code: str
    result: dict[str, Any] | None


def verify_get(*, job_id: str, audience: str, asked_by: str = "") -> VerifyView:
    """One's own question. Those of the public are found by their unguessable id alone.

    Raises:
        NotFound: no such question, or another's.
    """
    job = one(VerifyJob.objects.filter(audience=audience, asked_by=asked_by), job_id)
    return VerifyView(job.pk, job.kind, job.state, job.error_code, job.result)


def view_get(*, job_id: str, asked_by: str) -> bytes:
    """What is shown of an auditor's own upload, for a day: ``synthesis.verification.view.SoundView`` as bytes.

    Raises:
        NotFound: no such question, another's, or its picture is gone.
    """
    rows = ClipView.objects.filter(question__audience=VerifyJob.Audience.AUDITOR, question__asked_by=asked_by)
    view = one(rows, job_id)
    return vault.open(view.data_key_id, bytes(view.sealed), context=CONTEXT)
