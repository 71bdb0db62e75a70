"""Grants: an app asks, the voice's owner alone answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from audiokit.clock import now
from safeguards.audit.events import EventType
from safeguards.gate import Reason
from voices import hooks, scope
from voices.errors import Conflict, Invalid
from voices.models import Grant, Voice
from voices.selectors import grant_get_as_owner
from voices.selectors.apps import voice_to_ask_for
from voices.selectors.facts import standing_consent
from voices.selectors.lookup import one
from voices.services.journal import SYSTEM, account, organisation, recorded
from voices.services.revocation import lock_voice
from voices.services.transitions import move, move_any
from voices.services.voices import code_of
from voices.states import GRANT, ConsentState, GrantState, VoiceState

MAX_CHARACTERS = 100_000_000
MAX_MESSAGE = 500
MOST_OPEN = 20  # unanswered requests of one organisation on one voice


def grant_request(
    *,
    organisation_id: str,
    requested_by_id: str | None,
    world: str,
    voice_id: str,
    purposes: Sequence[str],
    languages: Sequence[str],
    formats: Sequence[str],
    quota_characters: int,
    expires_at: datetime,
    not_before: datetime | None = None,
    disclosure: str = "none",
    message: str = "",
) -> Grant:
    """Ask a voice's owner, whose voice id the app was given.

    Raises:
        NotFound: no such voice in this world, or it has ended.
        Invalid: ``purpose_unknown``, ``language_unknown``, ``format_unknown``, ``*_empty``, ``quota_out_of_range``, ``window_unusable``,
            ``disclosure_unknown``, ``message_too_long``.
        Conflict: ``grant_requests_too_many``.
    """
    voice = voice_to_ask_for(world=world, voice_id=voice_id)
    start = not_before or now()
    _check_terms(quota_characters, start, expires_at)
    if disclosure not in Grant.Disclosure.values:
        raise Invalid("disclosure_unknown", f"Choose a disclosure: {', '.join(Grant.Disclosure.values)}.")
    if len(message) > MAX_MESSAGE:
        raise Invalid("message_too_long", f"The message to the owner has at most {MAX_MESSAGE} characters.")
    open_ones = Grant.objects.filter(voice=voice, organisation_id=organisation_id, state=GrantState.REQUESTED)
    if open_ones.count() >= MOST_OPEN:
        raise Conflict("grant_requests_too_many", "The owner has not answered earlier requests. Wait for the answer.")
    return _request(
        voice,
        organisation_id,
        requested_by_id,
        purposes=scope.purposes(purposes),
        languages=scope.languages(languages),
        formats=scope.formats(formats),
        quota_characters=quota_characters,
        not_before=start,
        expires_at=expires_at,
        disclosure=disclosure,
        message=message,
    )


def grant_renew(
    *,
    organisation_id: str,
    requested_by_id: str | None,
    grant_id: str,
    quota_characters: int,
    expires_at: datetime,
) -> Grant:
    """Ask again with the scope of an earlier grant: a new row, which the owner must approve anew.

    Raises:
        NotFound: no such grant, or the voice has ended.
        Invalid: ``quota_out_of_range``, ``window_unusable``.
    """
    old = one(Grant.objects.filter(organisation_id=organisation_id), grant_id)
    voice = voice_to_ask_for(world=old.world, voice_id=old.voice_id)
    start = now()
    _check_terms(quota_characters, start, expires_at)
    return _request(
        voice,
        organisation_id,
        requested_by_id,
        purposes=old.purposes,
        languages=old.languages,
        formats=old.formats,
        quota_characters=quota_characters,
        not_before=start,
        expires_at=expires_at,
        disclosure=old.disclosure,
        message=old.message,
        renewal_of=old,
    )


def _check_terms(quota_characters: int, start: datetime, end: datetime) -> None:
    if not 1 <= quota_characters <= MAX_CHARACTERS:
        raise Invalid("quota_out_of_range", f"The quota is 1 to {MAX_CHARACTERS} characters.")
    if start.tzinfo is None or end.tzinfo is None or not max(start, now()) < end:
        raise Invalid(
            "window_unusable", "The grant must end in the future, after it begins; give times with their zone."
        )


def _request(voice: Voice, organisation_id: str, requested_by_id: str | None, **terms: object) -> Grant:
    with recorded(actor=organisation(organisation_id), world=voice.world) as journal:
        grant = Grant.objects.create(
            voice=voice,
            organisation_id=organisation_id,
            requested_by_id=requested_by_id,
            world=voice.world,
            created_at=now(),
            **terms,
        )
        journal.add(
            EventType.GRANT_REQUESTED,
            f"grant:{grant.pk}",
            voice=f"voice:{voice.pk}",
            purposes=grant.purposes,
            languages=grant.languages,
            formats=grant.formats,
            quota=grant.quota_characters,
            disclosure=grant.disclosure,
        )
    return grant


def grant_approve(*, account_id: str, grant_id: str) -> Grant:
    """The owner says yes; an app, a member of it or an operator never can.

    Raises:
        NotFound: no such grant, or on a stranger's voice.
        Conflict: ``voice_ended``, ``consent_missing``, ``grant_exceeds_consent``, ``grant_expired``, ``state_conflict``.
    """
    grant = grant_get_as_owner(account_id=account_id, grant_id=grant_id)
    moment = now()
    with recorded(actor=account(account_id), world=grant.world) as journal:
        voice = lock_voice(grant.voice_id)
        if voice.state in {VoiceState.REVOKED, VoiceState.ERASED}:
            raise Conflict("voice_ended", Reason.VOICE_REVOKED.sentence)
        consent = standing_consent(grant.voice_id, lock=True)
        if consent is None or consent.state != ConsentState.ACTIVE:
            raise Conflict("consent_missing", Reason.CONSENT_MISSING.sentence)
        wider = set(grant.purposes) - set(consent.purposes) or set(grant.languages) - set(consent.languages)
        if wider:
            raise Conflict(
                "grant_exceeds_consent",
                f"Your consent does not cover {', '.join(sorted(wider))}. Give a wider consent, or decline.",
            )
        if moment >= grant.expires_at:
            raise Conflict("grant_expired", Reason.GRANT_EXPIRED.sentence)
        rows = Grant.objects.filter(pk=grant_id)
        move(rows, GRANT, GrantState.ACTIVE, approved_by_id=account_id, approved_at=moment)
        journal.add(
            EventType.GRANT_ACTIVATED,
            f"grant:{grant_id}",
            voice=f"voice:{grant.voice_id}",
            consent=f"consent:{consent.pk}",
        )
    return grant_get_as_owner(account_id=account_id, grant_id=grant_id)


def grant_decline(*, account_id: str, grant_id: str) -> Grant:
    """The owner says no.

    Raises:
        NotFound: no such grant, or on a stranger's voice.
        Conflict: ``state_conflict``: it was answered already.
    """
    grant = grant_get_as_owner(account_id=account_id, grant_id=grant_id)
    with recorded(actor=account(account_id), world=grant.world) as journal:
        rows = Grant.objects.filter(pk=grant_id, state=GrantState.REQUESTED)
        move(rows, GRANT, GrantState.REVOKED, ended_at=now())
        journal.add(EventType.GRANT_DECLINED, f"grant:{grant_id}")
    return grant_get_as_owner(account_id=account_id, grant_id=grant_id)


def grant_revoke(*, account_id: str, grant_id: str, reason: str = "") -> Grant:
    """The owner ends this app's use; its work under way is cancelled in the same transaction.

    Raises:
        NotFound: no such grant, or on a stranger's voice.
        Conflict: ``state_conflict``: it has ended already.
    """
    grant = grant_get_as_owner(account_id=account_id, grant_id=grant_id)
    _end(grant, account(account_id), code_of(reason) or "owner_request")
    return grant_get_as_owner(account_id=account_id, grant_id=grant_id)


def grant_give_up(*, organisation_id: str, grant_id: str) -> Grant:
    """The app takes its request back, or no longer wants the grant.

    Raises:
        NotFound: no such grant, or another organisation's.
        Conflict: ``state_conflict``: it has ended already.
    """
    grant = one(Grant.objects.filter(organisation_id=organisation_id), grant_id)
    _end(grant, organisation(organisation_id), "app_request")
    grant.refresh_from_db()
    return grant


def _end(grant: Grant, actor: str, reason: str) -> None:
    with recorded(actor=actor, world=grant.world) as journal:
        lock_voice(grant.voice_id)
        move(Grant.objects.filter(pk=grant.pk), GRANT, GrantState.REVOKED, ended_at=now())
        hooks.revoked(hooks.Revocation(grant.voice_id, grant.pk, "grant_revoked"))
        journal.add(EventType.GRANT_REVOKED, f"grant:{grant.pk}", reason=reason)


def grants_expire_due() -> int:
    """End grants and requests whose window is over. Returns how many."""
    done = 0
    open_states = [GrantState.REQUESTED, GrantState.ACTIVE]
    for grant in Grant.objects.filter(state__in=open_states, expires_at__lte=now())[:500]:
        with recorded(actor=SYSTEM, world=grant.world) as journal:
            lock_voice(grant.voice_id)
            if move_any(Grant.objects.filter(pk=grant.pk), GRANT, GrantState.EXPIRED, ended_at=now()):
                journal.add(EventType.GRANT_EXPIRED, f"grant:{grant.pk}")
                done += 1
    return done
