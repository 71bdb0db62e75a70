"""Readings within an enrolment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db.models import Q

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.errors import Refusal
from safeguards.gate import TakePermit
from voices import jobs
from voices.errors import Conflict, Invalid
from voices.evidence_json import Json
from voices.models import AnalysisJob, Enrolment, Recording, Take
from voices.selectors import enrolment_get, take_get
from voices.selectors.enrolments import TRANSCRIPT_CONTEXT
from voices.services.consents import ANALYSE
from voices.services.erasing import erase_recordings
from voices.services.journal import WORKER, account, recorded
from voices.services.recordings import MAX_TAKE_SECONDS, decoded, stored
from voices.services.revocation import lock_voice
from voices.states import EnrolmentState

MAX_TRANSCRIPT = 400
MOST_TAKES = 300
NEUTRAL = "neutral"  # what a reading without a style is
_STYLE = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def take_add(*, account_id: str, enrolment_id: str, data: bytes, transcript: str, style: str = "") -> Take:
    """Add one reading; its checks are queued.

    Args:
        account_id: the owner's.
        enrolment_id: it has to be collecting.
        data: the file as uploaded.
        transcript: the sentence that was read.
        style: name of the manner it was read in, such as ``cheerful``; engines that keep references by name can be asked
            for it. Empty is neutral.

    Raises:
        NotFound: no such enrolment, or a stranger's.
        Invalid: ``transcript_unusable``, ``style_unusable``.
        Conflict: ``state_conflict``, ``takes_too_many``.
        AudioError: the upload cannot be decoded within its bounds.
    """
    enrolment = enrolment_get(account_id=account_id, enrolment_id=enrolment_id)
    text = " ".join(transcript.split())
    if not text or len(text) > MAX_TRANSCRIPT or not text.isprintable():
        raise Invalid("transcript_unusable", f"Give the sentence that was read, 1 to {MAX_TRANSCRIPT} characters.")
    if style and not _STYLE.fullmatch(style):
        raise Invalid("style_unusable", "A style is named by 1 to 40 small letters, digits, _ or -, a letter first.")
    _collecting(enrolment)
    if enrolment.takes.count() >= MOST_TAKES:
        raise Conflict("takes_too_many", f"An enrolment has at most {MOST_TAKES} readings. Submit it.")
    audio = decoded(data, max_seconds=MAX_TAKE_SECONDS)
    owner = enrolment.consent.owner
    with stored(owner, audio) as sound, recorded(actor=account(account_id), world=enrolment.world) as journal:
        lock_voice(enrolment.voice_id)
        enrolment.refresh_from_db()
        _collecting(enrolment)
        recording = sound.recording(Recording.Purpose.ENROLMENT)
        take = Take.objects.create(
            enrolment=enrolment,
            recording=recording,
            transcript_sealed=vault.seal(owner.data_key_id, text.encode(), context=TRANSCRIPT_CONTEXT),
            style="" if style == NEUTRAL else style,
            created_at=now(),
        )
        job = AnalysisJob.objects.create(kind=AnalysisJob.Kind.TAKE, take=take, created_at=now())
        jobs.nudge(ANALYSE, job.pk)
        journal.add(
            EventType.ENROLMENT_RECORDING_ADDED,
            f"enrolment:{enrolment.pk}",
            take=f"take:{take.pk}",
            recording=f"recording:{recording.pk}",
            sound=sound.digest,
        )
    return take


def take_withdraw(*, account_id: str, take_id: str) -> Take:
    """Take one reading out again, while the enrolment is collecting; its sound is erased.

    Raises:
        NotFound: no such reading, or a stranger's.
        Conflict: ``state_conflict``.
    """
    take = take_get(account_id=account_id, take_id=take_id)
    with recorded(actor=account(account_id), world=take.enrolment.world) as journal:
        lock_voice(take.enrolment.voice_id)
        take.enrolment.refresh_from_db()
        _collecting(take.enrolment)
        Take.objects.filter(pk=take_id).update(
            state=Take.State.REJECTED,
            refusal_code="withdrawn_by_owner",
            refusal_detail="You took this reading out.",
            transcript_sealed=b"",
            style="",
        )
        jobs.cancel(AnalysisJob, Q(take_id=take_id))
        erase_recordings(Recording.objects.filter(pk=take.recording_id))
        journal.add(
            EventType.ENROLMENT_RECORDING_REFUSED,
            f"enrolment:{take.enrolment_id}",
            take=f"take:{take_id}",
            codes=["withdrawn_by_owner"],
        )
    return take_get(account_id=account_id, take_id=take_id)


def take_accept(*, take_id: str, permit: TakePermit, evidence: Mapping[str, Json], job: AnalysisJob) -> Take:
    """The gate let it through.

    Raises:
        Conflict: ``state_conflict``: taken out meanwhile; LeaseLost.
    """
    TakePermit.require(permit, subject=take_id)
    take = Take.objects.select_related("enrolment").get(pk=take_id)
    with recorded(actor=WORKER, world=take.enrolment.world) as journal:
        lock_voice(take.enrolment.voice_id)
        jobs.finish(job)
        _decide(take_id, state=Take.State.ACCEPTED, evidence=dict(evidence))
        journal.add(
            EventType.PERMIT_ISSUED,
            f"enrolment:{take.enrolment_id}",
            take=f"take:{take_id}",
            permit=permit.id,
            policy=permit.policy_version,
        )
    take.refresh_from_db()
    return take


def take_reject(*, take_id: str, refusal: Refusal, evidence: Mapping[str, Json] | None, job: AnalysisJob) -> Take:
    """The gate refused this reading; another can be made.

    Raises:
        Conflict: ``state_conflict``: taken out meanwhile; LeaseLost.
    """
    take = Take.objects.select_related("enrolment").get(pk=take_id)
    with recorded(actor=WORKER, world=take.enrolment.world) as journal:
        lock_voice(take.enrolment.voice_id)
        jobs.fail(job, refusal.code)
        _decide(
            take_id,
            state=Take.State.REJECTED,
            evidence=None if evidence is None else dict(evidence),
            refusal_code=refusal.code,
            refusal_detail=refusal.sentence,
        )
        journal.add(
            EventType.ENROLMENT_RECORDING_REFUSED,
            f"enrolment:{take.enrolment_id}",
            take=f"take:{take_id}",
            codes=list(refusal.codes),
        )
    take.refresh_from_db()
    return take


def _collecting(enrolment: Enrolment) -> None:
    if enrolment.state != EnrolmentState.COLLECTING:
        raise Conflict("state_conflict", "This enrolment does not take readings now. Look at its state.")


def _decide(take_id: str, **changes: object) -> None:
    if not Take.objects.filter(pk=take_id, state=Take.State.CHECKING).update(**changes):
        raise Conflict("state_conflict", "This reading was judged already.")
