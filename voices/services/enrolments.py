"""An enrolment: readings come in one by one, then the whole is screened, then trained on."""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import Q, QuerySet

from audiokit.clock import now
from safeguards.audit.events import EventType
from safeguards.errors import Refusal
from safeguards.gate import EnrolmentPermit, Reason, TrainingPermit
from voices import hooks, jobs
from voices.errors import Conflict
from voices.models import AnalysisJob, Enrolment, Owner
from voices.selectors import enrolment_get, voice_get
from voices.selectors.facts import standing_consent
from voices.services.consents import ANALYSE
from voices.services.journal import WORKER, account, recorded
from voices.services.revocation import lock_voice
from voices.services.templates import template_store
from voices.services.transitions import move
from voices.states import ENROLMENT, ConsentState, EnrolmentState, VoiceState


def enrolment_start(*, account_id: str, voice_id: str) -> Enrolment:
    """Begin to collect readings, under the voice's active consent.

    Raises:
        NotFound: no such voice, or a stranger's.
        Conflict: ``voice_ended``, ``consent_missing``, ``enrolment_open``.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    try:
        with recorded(actor=account(account_id), world=voice.world) as journal:
            voice = lock_voice(voice_id)
            if voice.state in {VoiceState.REVOKED, VoiceState.ERASED}:
                raise Conflict("voice_ended", Reason.VOICE_REVOKED.sentence)
            consent = standing_consent(voice_id, lock=True)
            if consent is None or consent.state != ConsentState.ACTIVE:
                raise Conflict("consent_missing", Reason.CONSENT_MISSING.sentence)
            enrolment = Enrolment.objects.create(voice=voice, consent=consent, world=voice.world, created_at=now())
            journal.add(
                EventType.ENROLMENT_STARTED,
                f"enrolment:{enrolment.pk}",
                voice=f"voice:{voice.pk}",
                consent=f"consent:{consent.pk}",
            )
    except IntegrityError:
        raise Conflict("enrolment_open", "This voice has an open enrolment. Finish or abort it first.") from None
    return enrolment


def enrolment_submit(*, account_id: str, enrolment_id: str) -> Enrolment:
    """Ask for the whole to be screened; no reading is added any more unless it is sent back.

    Raises:
        NotFound: no such enrolment, or a stranger's.
        Conflict: ``state_conflict``.
    """
    enrolment = enrolment_get(account_id=account_id, enrolment_id=enrolment_id)
    with recorded(actor=account(account_id), world=enrolment.world) as journal:
        lock_voice(enrolment.voice_id)
        move(_row(enrolment_id), ENROLMENT, EnrolmentState.SCREENING, problem="")
        job = AnalysisJob.objects.create(kind=AnalysisJob.Kind.ENROLMENT, enrolment=enrolment, created_at=now())
        jobs.nudge(ANALYSE, job.pk)
        journal.add(EventType.ENROLMENT_SCREENING, f"enrolment:{enrolment_id}", takes=enrolment.takes.count())
    return enrolment_get(account_id=account_id, enrolment_id=enrolment_id)


def enrolment_abort(*, account_id: str, enrolment_id: str) -> Enrolment:
    """Give up before a model came of it; a training under way stops at its next step.

    Raises:
        NotFound: no such enrolment, or a stranger's.
        Conflict: ``state_conflict``.
    """
    enrolment = enrolment_get(account_id=account_id, enrolment_id=enrolment_id)
    with recorded(actor=account(account_id), world=enrolment.world) as journal:
        lock_voice(enrolment.voice_id)
        move(_row(enrolment_id), ENROLMENT, EnrolmentState.ABORTED, ended_at=now())
        jobs.cancel(AnalysisJob, Q(enrolment_id=enrolment_id) | Q(take__enrolment_id=enrolment_id))
        journal.add(EventType.ENROLMENT_ABORTED, f"enrolment:{enrolment_id}", reason="owner_request")
    return enrolment_get(account_id=account_id, enrolment_id=enrolment_id)


def enrolment_accept(
    *, enrolment_id: str, permit: EnrolmentPermit, template: tuple[bytes, str], job: AnalysisJob
) -> Enrolment:
    """The gate let it through: queue it for training, and keep the speaker's template.

    Raises:
        Conflict: ``state_conflict``; LeaseLost.
    """
    EnrolmentPermit.require(permit, subject=enrolment_id)
    enrolment = Enrolment.objects.select_related("voice").get(pk=enrolment_id)
    with recorded(actor=WORKER, world=enrolment.world) as journal:
        lock_voice(enrolment.voice_id)
        jobs.finish(job)
        move(_row(enrolment_id), ENROLMENT, EnrolmentState.QUEUED)
        owner = Owner.objects.get(voices=enrolment.voice_id)
        template_store(enrolment.voice_id, owner, template)
        hooks.enrolment_accepted(enrolment_id)
        journal.add(
            EventType.ENROLMENT_QUEUED, f"enrolment:{enrolment_id}", permit=permit.id, policy=permit.policy_version
        )
    enrolment.refresh_from_db()
    return enrolment


def enrolment_send_back(*, enrolment_id: str, refusal: Refusal, job: AnalysisJob) -> Enrolment:
    """The gate refused the whole: back to collecting, with the reason; readings can be added or taken out.

    Raises:
        Conflict: ``state_conflict``; LeaseLost.
    """
    enrolment = Enrolment.objects.get(pk=enrolment_id)
    with recorded(actor=WORKER, world=enrolment.world) as journal:
        lock_voice(enrolment.voice_id)
        jobs.fail(job, refusal.code)
        move(_row(enrolment_id), ENROLMENT, EnrolmentState.COLLECTING, problem=f"{refusal.code}: {refusal.sentence}")
        journal.add(EventType.PERMIT_REFUSED, f"enrolment:{enrolment_id}", codes=list(refusal.codes))
    enrolment.refresh_from_db()
    return enrolment


def enrolment_train(*, enrolment_id: str, permit: TrainingPermit) -> Enrolment:
    """The training worker begins; beginning again after a crash changes nothing.

    Raises:
        Conflict: ``state_conflict``.
    """
    TrainingPermit.require(permit, subject=enrolment_id)
    enrolment = Enrolment.objects.get(pk=enrolment_id)
    if enrolment.state == EnrolmentState.TRAINING:
        return enrolment
    with recorded(actor="worker:train", world=enrolment.world) as journal:
        move(_row(enrolment_id), ENROLMENT, EnrolmentState.TRAINING)
        journal.add(EventType.ENROLMENT_TRAINING, f"enrolment:{enrolment_id}", permit=permit.id)
    enrolment.refresh_from_db()
    return enrolment


def enrolment_progress(*, enrolment_id: str, progress: float) -> None:
    """Share of the training done, in [0, 1]; for display, so without an entry, and nothing happens unless it is in training."""
    share = min(1.0, max(0.0, progress))
    _row(enrolment_id).filter(state=EnrolmentState.TRAINING).update(progress=share)


def enrolment_fail(*, enrolment_id: str, problem: str) -> Enrolment:
    """No model came of it.

    Args:
        enrolment_id: in training.
        problem: ``code: sentence`` for the owner.

    Raises:
        Conflict: ``state_conflict``.
    """
    enrolment = Enrolment.objects.get(pk=enrolment_id)
    with recorded(actor="worker:train", world=enrolment.world) as journal:
        move(_row(enrolment_id), ENROLMENT, EnrolmentState.FAILED, problem=problem[:2000], ended_at=now())
        journal.add(EventType.ENROLMENT_FAILED, f"enrolment:{enrolment_id}", code=problem.partition(":")[0][:64])
    enrolment.refresh_from_db()
    return enrolment


def _row(enrolment_id: str) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(pk=enrolment_id)
