"""Hearing the recordings of voices that operators want protected. Decoding is bounded, and happens here alone."""

from __future__ import annotations

import logging
from typing import Final

from audiokit import AudioError, read
from safeguards import vault
from voices import jobs
from voices.analysis import checks
from voices.models import ProtectionJob
from voices.services.protected import MAX_BYTES, MAX_SECONDS, protection_fail, protection_finish

log = logging.getLogger(__name__)
LEAST_SECONDS: Final = 5.0  # of net speech: a list entry that matches nobody protects nobody


def protect_waiting() -> int:
    """Claim one recording and hear it. Returns how many were claimed."""
    claimed = jobs.claim(ProtectionJob)
    for job in claimed:
        _hear(job)
    return len(claimed)


def _hear(job: ProtectionJob) -> None:
    try:
        if jobs.spent(job):
            protection_fail(job=job, code="worker_died_repeatedly")
            return
        data = vault.blobs.get(job.upload, job.data_key_id)
        sound = read(data, max_seconds=MAX_SECONDS, max_bytes=MAX_BYTES)
        quality = checks.quality(sound, LEAST_SECONDS)
        speaker = checks.speaker_of(sound, quality)
        if speaker is None or quality.net_seconds < LEAST_SECONDS:
            protection_fail(job=job, code="speech_too_short")
            return
        protection_finish(job=job, embedding=speaker.embedding, version=speaker.version)
    except AudioError as error:
        protection_fail(job=job, code=error.code)
    except (vault.KeyDestroyed, vault.BlobMissing):
        protection_fail(job=job, code="upload_gone")
    except jobs.LeaseLost:
        log.info("protection %s is another worker's", job.pk)
    except Exception:  # the row must not stay leased, whatever an analysis raises
        log.exception("protection %s failed", job.pk)
        if not jobs.give_back(job, "analysis_failed"):
            protection_fail(job=job, code="analysis_failed")
