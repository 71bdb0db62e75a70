"""What lapsed is erased, on a schedule. Every period is one constant here; each voice or recording is a transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from audiokit.clock import now
from safeguards.audit.events import EventType
from voices.models import Challenge, Consent, Recording, Take, Voice
from voices.services.erasing import erase_recordings, erase_voice_contents
from voices.services.journal import SYSTEM, recorded
from voices.services.revocation import end_voice, lock_voice
from voices.states import ChallengeState, ConsentState, EnrolmentState, VoiceState

REFUSED_KEPT = timedelta(days=30)  # so that the owner can ask why
EXPIRED_GRACE = timedelta(days=30)  # for a renewal
REVOKED_KEPT = timedelta(days=30)  # then a revoked voice keeps no sound, model or template
CHALLENGE_KEPT = timedelta(days=7)
_BATCH = 200


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """How many rows each rule touched."""

    recordings: int = 0
    voices_revoked: int = 0
    voices_emptied: int = 0
    challenges: int = 0


def retention_run(*, moment: datetime | None = None) -> RetentionReport:
    """Apply all rules; running it twice changes nothing the second time.

    Args:
        moment: reference time; now when left out.
    """
    at = moment or now()
    return RetentionReport(
        recordings=_refused_recordings(at),
        voices_revoked=_unrenewed_voices(at),
        voices_emptied=_ended_voices(at),
        challenges=_old_challenges(at),
    )


def retention_due(*, moment: datetime | None = None) -> RetentionReport:
    """How many rows each rule would touch now; nothing is changed."""
    at = moment or now()
    return RetentionReport(
        recordings=_recordings_due(at).count(),
        voices_revoked=_voices_unrenewed(at).count(),
        voices_emptied=_voices_ended(at).count(),
        challenges=_challenges_due(at).count(),
    )


def _recordings_due(at: datetime) -> QuerySet[Recording]:
    """Recordings of consents that have ended, of readings that were refused, and of enrolments that came to nothing."""
    limit = at - REFUSED_KEPT
    ended = [ConsentState.REJECTED, ConsentState.WITHDRAWN, ConsentState.EXPIRED]
    given_up = [EnrolmentState.ABORTED, EnrolmentState.FAILED]
    return Recording.objects.filter(erased_at=None).filter(
        Q(consent__state__in=ended, consent__ended_at__lte=limit)
        | Q(take__state=Take.State.REJECTED, take__created_at__lte=limit)
        | Q(take__enrolment__state__in=given_up, take__enrolment__ended_at__lte=limit)
    )


def _refused_recordings(at: datetime) -> int:
    done = 0
    for recording_id, world in _recordings_due(at).values_list("pk", "world")[:_BATCH]:
        with recorded(actor=SYSTEM, world=world) as journal:
            if erase_recordings(Recording.objects.filter(pk=recording_id)):
                Consent.objects.filter(recording_id=recording_id).update(evidence=None)
                Take.objects.filter(recording_id=recording_id).update(transcript_sealed=b"", style="")
                journal.add(EventType.RETENTION_APPLIED, f"recording:{recording_id}", rule="refused_recording")
                done += 1
    return done


def _consents_standing() -> QuerySet[Consent]:
    standing = [ConsentState.ACTIVE, ConsentState.SUBMITTED, ConsentState.VERIFYING, ConsentState.NEEDS_REVIEW]
    return Consent.objects.filter(state__in=standing)


def _voices_unrenewed(at: datetime) -> QuerySet[Voice]:
    """Voices whose consent expired and was not renewed in time."""
    expired = Consent.objects.filter(state=ConsentState.EXPIRED, ended_at__lte=at - EXPIRED_GRACE)
    alive = [VoiceState.PENDING, VoiceState.READY, VoiceState.SUSPENDED]
    due = Voice.objects.filter(state__in=alive, pk__in=expired.values("voice_id"))
    due = due.exclude(pk__in=_consents_standing().values("voice_id"))
    # A later consent that expired within the grace period keeps the voice too.
    recent = Consent.objects.filter(state=ConsentState.EXPIRED, ended_at__gt=at - EXPIRED_GRACE)
    return due.exclude(pk__in=recent.values("voice_id"))


def _unrenewed_voices(at: datetime) -> int:
    done = 0
    for voice_id, world in _voices_unrenewed(at).values_list("pk", "world")[:_BATCH]:
        with recorded(actor=SYSTEM, world=world) as journal:
            lock_voice(voice_id)
            if _consents_standing().filter(voice_id=voice_id).exists():
                continue
            if end_voice(journal, voice_id, code="consent_expired", reason="retention"):
                journal.add(EventType.RETENTION_APPLIED, f"voice:{voice_id}", rule="consent_not_renewed")
                done += 1
    return done


def _voices_ended(at: datetime) -> QuerySet[Voice]:
    """Voices that were revoked and still hold sound, models or templates."""
    holding = Q(template__isnull=False) | ~Q(label="")
    return Voice.objects.filter(Q(state=VoiceState.REVOKED, revoked_at__lte=at - REVOKED_KEPT) & holding)


def _ended_voices(at: datetime) -> int:
    done = 0
    for voice_id, world in _voices_ended(at).values_list("pk", "world")[:_BATCH]:
        with recorded(actor=SYSTEM, world=world) as journal:
            lock_voice(voice_id)
            counts = erase_voice_contents(voice_id)
            journal.add(EventType.RETENTION_APPLIED, f"voice:{voice_id}", rule="revoked_voice", **counts)
            done += 1
    return done


def _challenges_due(at: datetime) -> QuerySet[Challenge]:
    """Ended challenges whose words are still there. The row and its nonce stay for the log."""
    ended = [ChallengeState.CONSUMED, ChallengeState.EXPIRED, ChallengeState.FAILED]
    return Challenge.objects.filter(state__in=ended, ended_at__lte=at - CHALLENGE_KEPT).exclude(words=[])


def _old_challenges(at: datetime) -> int:
    return _challenges_due(at).update(words=[])
