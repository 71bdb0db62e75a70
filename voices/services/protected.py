"""Protected (no-go) voices: nobody can enrol them. Kept by operators; each is sealed under a data key of its own."""

from __future__ import annotations

from functools import partial
from typing import Final

from django.db import transaction

from audiokit import AudioError
from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from voices import jobs
from voices.errors import Invalid, NotFound
from voices.models import ProtectedVoice, ProtectionJob
from voices.selectors import operator_check
from voices.selectors.operators import LABEL_CONTEXT
from voices.services.journal import account, recorded
from voices.states import World

EMBEDDING_CONTEXT = "voices.protected.embedding"
EMBEDDING_BYTES = (64, 65_536)
MAX_LABEL: Final = 200
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_SECONDS: Final = 600.0


def protected_voice_add(*, operator_id: str, label: str, embedding: bytes, version: str) -> ProtectedVoice:
    """Put a voice on the list.

    Args:
        operator_id: an operator.
        label: whose voice it is, for operators.
        embedding: float32 bytes of the speaker embedding (``voices.analysis.speaker_template``).
        version: of the encoder and calibration that made it.

    Raises:
        NotFound: the account is no operator.
        Invalid: ``label_unusable``, ``embedding_unusable``.
    """
    operator_check(operator_id=operator_id)
    words = _label(label)
    if not EMBEDDING_BYTES[0] <= len(embedding) <= EMBEDDING_BYTES[1] or len(embedding) % 4:
        raise Invalid("embedding_unusable", "The embedding is not one of the speaker encoder.")
    with recorded(actor=account(operator_id), world=World.LIVE) as journal:
        key = vault.keys.create()
        row = ProtectedVoice.objects.create(
            data_key=key,
            label_sealed=vault.seal(key.pk, words, context=LABEL_CONTEXT),
            embedding_sealed=vault.seal(key.pk, embedding, context=EMBEDDING_CONTEXT),
            version=version,
            created_at=now(),
        )
        journal.add(EventType.PROTECTED_VOICE_ADDED, f"protected:{row.pk}")
    return row


def protected_voice_submit(*, operator_id: str, label: str, data: bytes) -> ProtectionJob:
    """Ask that the voice of a recording be protected. A worker decodes and hears it; the row of the list follows then.

    Args:
        operator_id: an operator.
        label: whose voice it is, for operators.
        data: the file as it came; it is not decoded here.

    Raises:
        NotFound: the account is no operator.
        Invalid: ``label_unusable``.
        AudioError: ``empty``, ``too_large``.
    """
    operator_check(operator_id=operator_id)
    words = _label(label)
    if not data:
        raise AudioError("empty", "The file is empty.")
    if len(data) > MAX_BYTES:
        raise AudioError("too_large", f"The file is larger than {MAX_BYTES // 2**20} MiB.")
    with transaction.atomic():
        key = vault.keys.create()
        upload = vault.blobs.put(key.pk, data, kind="upload")
        try:
            job = ProtectionJob.objects.create(
                operator_id=operator_id,
                data_key=key,
                label_sealed=vault.seal(key.pk, words, context=LABEL_CONTEXT),
                upload=upload,
                created_at=now(),
            )
            jobs.nudge("voices.protect")
        except BaseException:
            vault.blobs.delete(upload)
            raise
    return job


def protection_finish(*, job: ProtectionJob, embedding: bytes, version: str) -> ProtectedVoice:
    """The worker has heard the recording: the voice is on the list, the upload is gone.

    Raises:
        LeaseLost: another worker has the job.
    """
    with recorded(actor=account(job.operator_id), world=World.LIVE) as journal:
        row = ProtectedVoice.objects.create(
            data_key_id=job.data_key_id,
            label_sealed=bytes(job.label_sealed),
            embedding_sealed=vault.seal(job.data_key_id, embedding, context=EMBEDDING_CONTEXT),
            version=version,
            created_at=now(),
        )
        _forget_upload(job, protected_id=row.pk)
        jobs.finish(job)
        journal.add(EventType.PROTECTED_VOICE_ADDED, f"protected:{row.pk}")
    return row


def protection_fail(*, job: ProtectionJob, code: str) -> None:
    """Nothing came of it; upload and key go. A job that another worker has is left to it."""
    try:
        with transaction.atomic():
            _forget_upload(job, protected_id="")
            vault.keys.destroy(job.data_key_id)
            jobs.fail(job, code)
    except jobs.LeaseLost:
        return


def _forget_upload(job: ProtectionJob, *, protected_id: str) -> None:
    ProtectionJob.objects.filter(pk=job.pk).update(upload="", protected_id=protected_id)
    if job.upload:
        transaction.on_commit(partial(vault.blobs.delete, job.upload), robust=True)


def _label(label: str) -> bytes:
    if not label.strip() or len(label) > MAX_LABEL:
        raise Invalid("label_unusable", f"Say in 1 to {MAX_LABEL} characters whose voice this is.")
    return label.strip().encode()


def protected_voice_remove(*, operator_id: str, protected_id: str) -> None:
    """Take a voice off the list; its key is destroyed.

    Raises:
        NotFound: no such row, or the account is no operator.
    """
    operator_check(operator_id=operator_id)
    with recorded(actor=account(operator_id), world=World.LIVE) as journal:
        row = ProtectedVoice.objects.select_for_update().filter(pk=protected_id).first()
        if row is None:
            raise NotFound
        key_id = row.data_key_id
        row.delete()
        vault.keys.destroy(key_id)
        journal.add(EventType.PROTECTED_VOICE_REMOVED, f"protected:{protected_id}")
