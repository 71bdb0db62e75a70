"""The engine worker's other part: from an accepted enrolment to a voice model.

Done twice, nothing changes: the seed is drawn from the enrolment, so the same takes give the same model, and it is put to
use in the transaction that ends the job.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from audiokit.clock import now
from safeguards import vault
from safeguards.errors import Refusal
from safeguards.gate import TrainingPermit, permit_training
from synthesis.engine.protocol import Cancelled, Engine, EngineError, FineTuningEngine, VoiceModel
from synthesis.heartbeat import Heartbeat
from synthesis.models import TrainingJob
from synthesis.render.engines import engine as engine_named
from synthesis.services.trainings import training_parts_forget_ended
from synthesis.training.alignment import aligner
from synthesis.training.measures import measure
from synthesis.training.previous import model_to_go_on_from
from synthesis.training.readings import gather
from synthesis.training.scratch import SealedScratch
from voices import jobs
from voices.errors import Conflict
from voices.models import Enrolment
from voices.selectors import training_facts
from voices.services.enrolments import enrolment_fail, enrolment_progress, enrolment_train
from voices.services.voice_models import voice_model_activate
from voices.states import EnrolmentState

logger = logging.getLogger(__name__)
_ABSENT_SECONDS = 120.0


class _EngineAbsent(Exception):
    """The voice's engine cannot be had here."""


@dataclass
class _Progress:
    """Passes an engine's progress on, and stops it when the job is no longer ours."""

    job: TrainingJob
    heartbeat: Heartbeat

    def report(self, share: float, note: str) -> None:
        """Renew the lease, and tell the person who waits."""
        bounded = min(max(float(share), 0.0), 1.0)
        try:
            jobs.renew(self.job, progress=bounded, note=note)
        except jobs.LeaseLost as lost:
            raise Cancelled from lost
        enrolment_progress(enrolment_id=self.job.enrolment_id, progress=bounded)

    def should_stop(self) -> bool:
        """Cancelled, revoked, aborted by the owner, or taken by another worker."""
        if self.heartbeat.lost(self.job) or jobs.stop_requested(self.job)():
            return True
        return not Enrolment.objects.filter(pk=self.job.enrolment_id, state=EnrolmentState.TRAINING).exists()


def train_waiting() -> int:
    """Claim one waiting training and do it. Returns how many were claimed."""
    claimed = jobs.claim(TrainingJob, only=Q(attempts__lt=jobs.MAX_ATTEMPTS))
    for job in claimed:
        with Heartbeat([job]) as heartbeat:
            _train(job, heartbeat)
        training_parts_forget_ended(job_id=job.pk)
    return len(claimed)


def _train(job: TrainingJob, heartbeat: Heartbeat) -> None:
    try:
        permit = _permit(job)
        enrolment_train(enrolment_id=job.enrolment_id, permit=permit)
        engine = _engine(job)
        learned = _learn(engine, job, permit, _Progress(job, heartbeat))
        _activate(job, engine, learned)
    except Refusal as refusal:
        _give_up(job, refusal.code, refusal.sentence)
    except _EngineAbsent as absent:
        # The operator's affair; the owner's readings wait, and the attempt is not counted.
        logger.error("training %s waits: %s", job.pk, absent)
        jobs.postpone(job, seconds=_ABSENT_SECONDS)
    except EngineError as error:
        _give_up(job, error.code, error.detail)
    except (Cancelled, jobs.LeaseLost, vault.KeyDestroyed, Conflict) as stopped:
        logger.info("training %s stopped: %s", job.pk, type(stopped).__name__)
        _end_quietly(job, "cancelled")
    except Exception:  # an engine runs foreign numerics; whatever it raises, the row must not stay leased
        logger.exception("training %s failed", job.pk)
        if not jobs.give_back(job, "engine_failed"):
            _give_up(job, "engine_failed", "The training failed several times; ask the operator.")


def _engine(job: TrainingJob) -> Engine:
    name = Enrolment.objects.select_related("voice").get(pk=job.enrolment_id).voice.engine
    try:
        return engine_named(name)
    except EngineError as error:
        raise _EngineAbsent(str(error)) from error


def _permit(job: TrainingJob) -> TrainingPermit:
    return permit_training(training_facts(enrolment_id=job.enrolment_id), now())


def seed_of(job: TrainingJob) -> int:
    """Drawn from the enrolment."""
    return int.from_bytes(hashlib.sha256(job.enrolment_id.encode()).digest()[:4], "big") >> 1


@dataclass(frozen=True)
class _Learned:
    model: VoiceModel
    measures: Mapping[str, float]


def _learn(engine: Engine, job: TrainingJob, permit: TrainingPermit, progress: _Progress) -> _Learned:
    """The one place that trains, and lets the new model speak to itself to be measured; covered by the permit."""
    TrainingPermit.require(permit, subject=job.enrolment_id)
    seed = seed_of(job)
    readings = gather(job.enrolment)
    if isinstance(engine, FineTuningEngine) and settings.VIVAVOCE_GPT_SOVITS_TRAINING == "fine_tune":
        language = job.enrolment.voice.language
        model = engine.fine_tune(
            readings.learned,
            styles=readings.styles,
            scratch=SealedScratch(job),
            previous=model_to_go_on_from(job.enrolment),
            align=aligner(language),
            preference=settings.VIVAVOCE_GPT_SOVITS_PREFERENCE,
            denoise=settings.VIVAVOCE_GPT_SOVITS_DENOISE,
            language=language,
            progress=progress.report,
            should_stop=progress.should_stop,
            seed=seed,
        )
    else:
        model = engine.prepare_voice(
            readings.learned,
            styles=readings.styles,
            progress=progress.report,
            should_stop=progress.should_stop,
            seed=seed,
        )
    if progress.should_stop():
        raise Cancelled
    return _Learned(model, measure(engine, model, readings.held_back, job.enrolment.voice.language))


def _activate(job: TrainingJob, engine: Engine, learned: _Learned) -> None:
    """Put the model to use: permit once more, job done, model stored, voice ready, all or nothing."""
    with transaction.atomic():
        permit = permit_training(training_facts(enrolment_id=job.enrolment_id, lock=True), now())
        jobs.finish(job)
        voice_model_activate(
            enrolment_id=job.enrolment_id,
            permit=permit,
            engine=engine.name,
            engine_version=engine.version,
            model=learned.model.to_bytes(),
            measures=learned.measures,
            weights=learned.model.weights() if learned.model.weights is not None else None,
        )


def _give_up(job: TrainingJob, code: str, sentence: str) -> None:
    try:
        with transaction.atomic():
            jobs.fail(job, code)
            enrolment_fail(enrolment_id=job.enrolment_id, problem=sentence)
    except (jobs.LeaseLost, Conflict):
        _end_quietly(job, code)


def _end_quietly(job: TrainingJob, code: str) -> None:
    """The enrolment was ended by somebody else; only the job's row is left to close, if it is still ours."""
    try:
        jobs.fail(job, code)
    except jobs.LeaseLost:
        logger.info("training %s was taken by another worker", job.pk)
