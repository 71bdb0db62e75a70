"""The end of a voice, from whichever side it comes: withdrawal, revocation, retention, erasure.

Every such change locks the voice row first, then consents, then grants; so does the release transaction. One of the two commits first.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from audiokit.clock import now
from safeguards.audit.events import EventType
from voices import hooks, jobs
from voices.models import AnalysisJob, Challenge, Consent, Enrolment, Grant, Voice
from voices.services.journal import Journal
from voices.services.transitions import Table, move_any, sources
from voices.states import (
    CHALLENGE,
    CONSENT,
    ENROLMENT,
    GRANT,
    VOICE,
    ChallengeState,
    ConsentState,
    EnrolmentState,
    GrantState,
    VoiceState,
)

M = TypeVar("M", bound=Model)


def lock_voice(voice_id: str) -> Voice:
    """The voice row, locked until the transaction ends (on SQLite the whole database is)."""
    # Not the key: a row that names this voice checks it at its commit, when it holds the log's lock, and must not wait for us then.
    return Voice.objects.select_for_update(no_key=True).get(pk=voice_id)


def end_voice(journal: Journal, voice_id: str, *, code: str, reason: str) -> bool:
    """Revoke a voice and all that hangs on it, inside the caller's transaction.

    Args:
        journal: of the caller's transaction.
        voice_id: which.
        code: the gate's reason code for work under way.
        reason: code for the log.

    Returns:
        False when the voice had ended before; nothing is changed then.
    """
    moment = now()
    lock_voice(voice_id)
    rows = Voice.objects.filter(pk=voice_id)
    if not move_any(rows, VOICE, VoiceState.REVOKED, revoked_at=moment):
        return False
    consents = Consent.objects.filter(voice_id=voice_id)
    for consent_id in _moving(consents, CONSENT, ConsentState.WITHDRAWN):
        move_any(consents.filter(pk=consent_id), CONSENT, ConsentState.WITHDRAWN, ended_at=moment)
        journal.add(EventType.CONSENT_WITHDRAWN, f"consent:{consent_id}", reason=reason)
    journal.add(EventType.VOICE_REVOKED, f"voice:{voice_id}", reason=reason)
    grants = Grant.objects.filter(voice_id=voice_id)
    for grant_id in _moving(grants, GRANT, GrantState.REVOKED):
        move_any(grants.filter(pk=grant_id), GRANT, GrantState.REVOKED, ended_at=moment)
        journal.add(EventType.GRANT_REVOKED, f"grant:{grant_id}", reason=reason)
    enrolments = Enrolment.objects.filter(voice_id=voice_id)
    for enrolment_id in _moving(enrolments, ENROLMENT, EnrolmentState.ABORTED):
        move_any(enrolments.filter(pk=enrolment_id), ENROLMENT, EnrolmentState.ABORTED, ended_at=moment)
        journal.add(EventType.ENROLMENT_ABORTED, f"enrolment:{enrolment_id}", reason=reason)
    challenges = Challenge.objects.filter(consent__voice_id=voice_id)
    for challenge_id in _moving(challenges, CHALLENGE, ChallengeState.FAILED):
        move_any(Challenge.objects.filter(pk=challenge_id), CHALLENGE, ChallengeState.FAILED, ended_at=moment)
        journal.add(EventType.CHALLENGE_FAILED, f"challenge:{challenge_id}", reason=reason)
    jobs.cancel(
        AnalysisJob,
        Q(consent__voice_id=voice_id) | Q(take__enrolment__voice_id=voice_id) | Q(enrolment__voice_id=voice_id),
    )
    hooks.revoked(hooks.Revocation(voice_id, None, code))
    return True


def _moving(rows: QuerySet[M], table: Table, to: str) -> list[str]:
    return list(rows.filter(state__in=sources(table, to)).values_list("pk", flat=True))
