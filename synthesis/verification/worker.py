"""Claiming questions and answering them. The upload is forgotten with its key when the answer is there, or cannot be."""

from __future__ import annotations

import logging
from dataclasses import asdict
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from audiokit import Audio, AudioError, read
from audiokit.clock import now
from safeguards import vault
from safeguards.audit import log
from safeguards.audit.events import EventType
from safeguards.measured import measured
from safeguards.vault import blobs
from synthesis.egress.credentials import watermark_keys
from synthesis.heartbeat import Heartbeat
from synthesis.models import VerifyJob
from synthesis.services.verification import MAX_BYTES, MAX_SECONDS
from synthesis.services.views import view_keep
from synthesis.verification.audience import cut
from synthesis.verification.chain import chain_of, proven_entries
from synthesis.verification.findings import Judgement, Outcome, Technique, judge
from synthesis.verification.report import FORMAT, sign_report
from synthesis.verification.techniques import (
    by_exact_hash,
    by_fingerprint,
    by_manifest,
    by_supposed_watermark,
    by_watermark,
)
from synthesis.verification.view import look_at
from voices import jobs

logger = logging.getLogger(__name__)
ACTOR = "worker:verify"


def verify_waiting() -> int:
    """Claim one question and answer it. Returns how many were claimed."""
    claimed = jobs.claim(VerifyJob, only=Q(attempts__lt=jobs.MAX_ATTEMPTS))
    for job in claimed:
        with Heartbeat([job]):
            _answer(job)
    return len(claimed)


def _answer(job: VerifyJob) -> None:
    try:
        data = blobs.get(job.upload, job.data_key_id)
        # Bounds first: nothing looks at bytes that audiokit has not accepted as sound.
        sound = read(data, max_seconds=MAX_SECONDS, max_bytes=MAX_BYTES)
        result = verify_sound(job, data, sound) if job.kind == VerifyJob.Kind.VERIFY else detect_sound(sound)
        if job.audience == VerifyJob.Audience.AUDITOR:
            view_keep(job=job, content=look_at(sound).to_bytes())
        _finish(job, result)
    except AudioError as error:
        _give_up(job, error.code)
    except (vault.KeyDestroyed, vault.BlobMissing):
        _give_up(job, "upload_gone")
    except jobs.LeaseLost:
        logger.info("question %s was taken by another worker", job.pk)
    except Exception:  # the row must not stay leased, whatever an analysis raises
        logger.exception("question %s failed", job.pk)
        if not jobs.give_back(job, "analysis_failed"):
            _give_up(job, "analysis_failed")


def recognise(data: bytes, sound: Audio) -> tuple[Judgement, list[Technique]]:
    """All techniques on one piece of sound, and what follows from them."""
    exact = by_exact_hash(data)
    keys = watermark_keys()
    mark = by_watermark(sound, keys)
    printed = by_fingerprint(sound, expected_request_id=mark.request_id)
    mark = by_supposed_watermark(sound, keys, mark, printed)
    techniques = [by_manifest(data), mark, exact, printed]
    return judge(techniques), techniques


def verify_sound(job: VerifyJob, data: bytes, sound: Audio) -> dict[str, Any]:
    """The answer to "was this made here", cut to who asks; for auditors with the chain, signed."""
    judgement, techniques = recognise(data, sound)
    answer = cut(job, judgement, techniques)
    if job.audience != VerifyJob.Audience.AUDITOR:
        return answer
    report = answer | {
        "format": FORMAT,
        "question": job.pk,
        "sha256": job.upload_sha256,
        "seconds": round(sound.seconds, 3),
        "asked_by": job.asked_by,
        "answered_at": now().isoformat(),
        "detector": detect_sound(sound),
        "chain": None,
        "proofs": None,
    }
    # A mark laid over other sound still names a clip: an auditor learns which, and that it does not fit.
    named = judgement.request_id or next(
        (item.request_id for item in techniques if item.outcome is Outcome.FOUND), None
    )
    if named is not None:
        report["chain"] = chain_of(named)
        report["proofs"] = proven_entries(report["chain"])
    return sign_report(report)


def detect_sound(sound: Audio) -> dict[str, Any]:
    """The answer to "is this synthetic", by whomever; the same for every audience.

    ``bands`` are the probabilities between which the answer is ``inconclusive``.
    """
    from safeguards import detector  # loads a model, which only this question needs

    score = detector.score(sound)
    below, above = detector.bands()
    return {
        "verdict": str(score.verdict),
        "p_synthetic": round(float(score.p_synthetic), 4),
        "bands": [round(below, 4), round(above, 4)],
        "technique": detector.technique(),
        "version": score.version,
        "error_rates": [asdict(measure) for measure in measured("detector").measures],
        "channel": score.channel,
        "cues": [asdict(cue) for cue in score.cues],
        "segments": [asdict(segment) for segment in score.segments],
    }


def _finish(job: VerifyJob, result: dict[str, Any]) -> None:
    verdict = result["verdict"]
    with transaction.atomic():
        # The public asks as often as it likes; only answers that name something are worth an entry.
        VerifyJob.objects.filter(pk=job.pk, lease_token=job.lease_token).update(result=result)
        jobs.finish(job)
        drop_upload(job.pk)
        if job.audience != VerifyJob.Audience.PUBLIC:
            event = (
                EventType.VERIFICATION_REPORTED if job.kind == VerifyJob.Kind.VERIFY else EventType.DETECTION_REPORTED
            )
            log.append(
                event,
                actor=ACTOR,
                subject=f"question:{job.pk}",
                body={
                    "audience": job.audience,
                    "asked_by": job.asked_by,
                    "verdict": verdict,
                    "sha256": job.upload_sha256,
                },
            )


def _give_up(job: VerifyJob, code: str) -> None:
    try:
        with transaction.atomic():
            jobs.fail(job, code)
            drop_upload(job.pk)
    except jobs.LeaseLost:
        logger.info("question %s was taken by another worker", job.pk)


def drop_upload(job_id: str) -> None:
    """Forget what was uploaded: its key now, its bytes after the commit. Twice changes nothing."""
    with transaction.atomic():
        job = VerifyJob.objects.get(pk=job_id)
        vault.keys.destroy(job.data_key_id)
        VerifyJob.objects.filter(pk=job_id).update(upload="")
        if job.upload:
            transaction.on_commit(partial(blobs.delete, job.upload), robust=True)
