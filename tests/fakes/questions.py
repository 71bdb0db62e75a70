"""Asking the verification worker, and the clip to ask about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audiokit import Audio
from synthesis.egress import delivery
from synthesis.egress.encoding import decode
from synthesis.egress.worker import egress_waiting
from synthesis.models import Clip
from synthesis.render import render_waiting
from synthesis.selectors import verify_get
from synthesis.services import verify_submit
from synthesis.verification.worker import verify_waiting
from tests.fakes.world import World


@dataclass(frozen=True)
class Released:
    """A released clip, as its app downloaded it."""

    clip: Clip
    data: bytes
    heard: Audio


def release(world: World, **changes: Any) -> Released:
    """Request, render, release, download."""
    request = world.accept(**changes)
    render_waiting()
    egress_waiting()
    clip = Clip.objects.get(request=request)
    with delivery.open_clip(clip_id=clip.pk, organisation_id=world.organisation.pk, world=world.voice.world) as file:
        data = file.read(0, file.size)
    return Released(clip, data, decode(data, clip.format))


def ask(data: bytes, audience: str = "auditor", asked_by: str = "usr_auditor", kind: str = "verify") -> dict[str, Any]:
    """The answer that this audience gets."""
    asked_by = "" if audience == "public" else asked_by
    job = verify_submit(data=data, kind=kind, audience=audience, asked_by=asked_by)
    verify_waiting()
    view = verify_get(job_id=job.pk, audience=audience, asked_by=asked_by)
    assert view.state == "done", view.error_code
    assert view.result is not None
    return view.result


def outcome(answer: dict[str, Any], technique: str) -> str:
    """What one technique said."""
    return next(str(item["outcome"]) for item in answer["techniques"] if item["name"] == technique)
