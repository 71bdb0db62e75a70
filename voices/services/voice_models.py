"""Trained models of a voice: versions stand side by side, one is active."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.db.models import Max

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.gate import TrainingPermit
from voices.errors import Conflict, NotFound
from voices.models import Enrolment, Voice, VoiceModel
from voices.selectors import voice_get
from voices.services.journal import account, recorded
from voices.services.revocation import lock_voice
from voices.services.transitions import move, move_any
from voices.states import ENROLMENT, VOICE, EnrolmentState, VoiceState


def voice_model_activate(
    *,
    enrolment_id: str,
    permit: TrainingPermit,
    engine: str,
    engine_version: str,
    model: bytes,
    measures: Mapping[str, float],
    weights: bytes | None = None,
) -> VoiceModel:
    """Store what training made, and put it to use: the enrolment is ready, and so is the voice.

    One model per enrolment: a second call for the same one, after a crash, returns what the first stored.

    Args:
        enrolment_id: in training.
        permit: derived now, in the caller's transaction.
        engine, engine_version: what can read the model.
        model: its bytes; sealed under the owner's key.
        measures: similarity and intelligibility on held-back readings.
        weights: the voice's own weights, where the engine trained any; sealed like the model, which names their digest.

    Raises:
        Conflict: ``state_conflict``: aborted or revoked meanwhile.
    """
    TrainingPermit.require(permit, subject=enrolment_id)
    enrolment = Enrolment.objects.select_related("voice__owner").get(pk=enrolment_id)
    done = VoiceModel.objects.filter(enrolment=enrolment).first()
    if done is not None:
        return done
    owner = enrolment.consent.owner
    blob, weights_blob = vault.blobs.put(owner.data_key_id, model, kind="voice_model"), ""
    try:
        if weights is not None:
            weights_blob = vault.blobs.put(owner.data_key_id, weights, kind="voice_weights")
        with recorded(actor="worker:train", world=enrolment.world) as journal:
            lock_voice(enrolment.voice_id)
            move(
                Enrolment.objects.filter(pk=enrolment_id),
                ENROLMENT,
                EnrolmentState.READY,
                progress=1.0,
                ended_at=now(),
            )
            last = VoiceModel.objects.filter(voice_id=enrolment.voice_id).aggregate(last=Max("version"))["last"] or 0
            made = VoiceModel.objects.create(
                voice_id=enrolment.voice_id,
                enrolment=enrolment,
                version=last + 1,
                engine=engine,
                engine_version=engine_version,
                digest=hashlib.sha256(model).hexdigest(),
                blob=blob,
                weights_blob=weights_blob,
                measures=dict(measures),
                created_at=now(),
            )
            rows = Voice.objects.filter(pk=enrolment.voice_id)
            first = move_any(rows.filter(state=VoiceState.PENDING), VOICE, VoiceState.READY, active_model=made)
            if not first and not rows.filter(state=VoiceState.READY).update(active_model=made):
                raise Conflict("state_conflict", "The voice does not take a model now.")
            journal.add(EventType.ENROLMENT_READY, f"enrolment:{enrolment_id}", permit=permit.id)
            journal.add(
                EventType.VOICE_MODEL_STORED,
                f"voice:{enrolment.voice_id}",
                model=f"model:{made.pk}",
                version=made.version,
                engine=engine,
                engine_version=engine_version,
                # A model is personal: the plain digest would still recognise a copy after erasure.
                model_digest=vault.commit(owner.data_key_id, "voices.model", made.digest),
            )
            if first:
                journal.add(EventType.VOICE_READY, f"voice:{enrolment.voice_id}", model=f"model:{made.pk}")
    except BaseException:
        vault.blobs.delete(blob)
        vault.blobs.delete(weights_blob)
        raise
    return made


def voice_model_roll_back(*, account_id: str, voice_id: str, version: int) -> Voice:
    """Use another version from now on; requests under way finish with the one they began with.

    Raises:
        NotFound: no such voice or version, or a stranger's.
        Conflict: ``state_conflict``: the voice has ended.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    model = VoiceModel.objects.filter(voice=voice, version=version).exclude(blob="").first()
    if model is None:
        raise NotFound
    with recorded(actor=account(account_id), world=voice.world) as journal:
        rows = Voice.objects.filter(pk=voice_id, state__in=[VoiceState.READY, VoiceState.SUSPENDED])
        if not rows.update(active_model=model):
            raise Conflict("state_conflict", "This voice is not in use.")
        journal.add(
            EventType.VOICE_MODEL_REPLACED, f"voice:{voice_id}", model=f"model:{model.pk}", version=model.version
        )
    return voice_get(account_id=account_id, voice_id=voice_id)
