"""A consent from draft to its end, as far as its owner moves it. What the checks and the gate say of it is in ``verdicts``."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from audiokit import AudioError
from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from voices import consent_text, jobs, scope
from voices.errors import Conflict, Invalid
from voices.models import AnalysisJob, Consent, Recording, Voice
from voices.selectors import consent_get, owner_name, voice_get
from voices.selectors.consents import STATEMENT_CONTEXT
from voices.services.challenges import (
    challenge_check,
    challenge_consume,
    challenge_miss,
    end_challenge,
    prompt_times,
)
from voices.services.journal import SYSTEM, Journal, account, recorded
from voices.services.recordings import MAX_CONSENT_SECONDS, decoded, stored
from voices.services.revocation import end_voice, lock_voice
from voices.services.transitions import move, move_any
from voices.services.voices import code_of
from voices.states import CONSENT, ChallengeState, ConsentState, VoiceState, World

MAX_DAYS = 3 * 365
ANALYSE = "voices.analyse"


def consent_draft(
    *,
    account_id: str,
    voice_id: str,
    purposes: Sequence[str],
    languages: Sequence[str],
    days_valid: int = 365,
    text_language: str = "en",
) -> Consent:
    """Write down what is to be consented to: the scope and the exact statement.

    Raises:
        NotFound: no such voice, or a stranger's.
        Invalid: ``purpose_unknown``, ``language_unknown``, ``purposes_empty``, ``languages_empty``, ``days_out_of_range``,
            ``text_language_unknown``.
        Conflict: ``voice_ended``.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    return _draft(
        voice,
        account_id,
        scope.purposes(purposes),
        scope.languages(languages),
        days_valid,
        text_language,
        renewal_of=None,
    )


def consent_renew(*, account_id: str, consent_id: str, days_valid: int | None = None) -> Consent:
    """A new draft of the same scope. The old consent stays in force until the new one is active.

    Raises:
        NotFound: no such consent, or a stranger's.
        Invalid: ``days_out_of_range``.
        Conflict: ``voice_ended``.
    """
    old = consent_get(account_id=account_id, consent_id=consent_id)
    return _draft(
        old.voice,
        account_id,
        old.purposes,
        old.languages,
        old.days_valid if days_valid is None else days_valid,
        old.text_language,
        renewal_of=old,
    )


def _draft(
    voice: Voice,
    account_id: str,
    purposes: list[str],
    languages: list[str],
    days_valid: int,
    text_language: str,
    *,
    renewal_of: Consent | None,
) -> Consent:
    owner = voice.owner
    if owner is None or voice.state in {VoiceState.REVOKED, VoiceState.ERASED}:
        raise Conflict("voice_ended", "This voice has ended. Create a new one to consent to.")
    if not 1 <= days_valid <= MAX_DAYS:
        raise Invalid("days_out_of_range", f"A consent is valid for 1 to {MAX_DAYS} days.")
    version = consent_text.current_version(text_language)
    text = consent_text.statement(
        version, name=owner_name(owner=owner), purposes=purposes, languages=languages, day=now().date()
    )
    with recorded(actor=account(account_id), world=voice.world) as journal:
        consent = Consent.objects.create(
            owner=owner,
            voice=voice,
            world=voice.world,
            simulated=voice.world == World.SANDBOX,
            purposes=purposes,
            languages=languages,
            days_valid=days_valid,
            text_version=version,
            text_language=text_language,
            statement_sealed=vault.seal(owner.data_key_id, text.encode(), context=STATEMENT_CONTEXT),
            statement_digest=consent_text.digest(text),
            renewal_of=renewal_of,
            created_at=now(),
        )
        journal.add(
            EventType.CONSENT_DRAFTED if renewal_of is None else EventType.CONSENT_RENEWED,
            f"consent:{consent.pk}",
            voice=f"voice:{voice.pk}",
            purposes=purposes,
            languages=languages,
            days=days_valid,
            text_version=version,
            # The digest alone could be guessed back to the name.
            statement=vault.commit(owner.data_key_id, STATEMENT_CONTEXT, text),
            renews=None if renewal_of is None else f"consent:{renewal_of.pk}",
        )
    return consent


def consent_submit(
    *, account_id: str, consent_id: str, challenge_id: str, data: bytes, shown_s: Sequence[float] | None = None
) -> Consent:
    """Answer the challenge with a recording. The time that counts is that of the call.

    ``shown_s`` tells when each word was shown, in seconds from the start of the recording, where they were shown one by one.

    The challenge is consumed, the sound sealed and the analysis queued in one transaction; of two parallel answers one wins.

    Raises:
        NotFound: no such consent or challenge, or a stranger's.
        ChallengeLate: ``challenge_expired``, ``challenge_consumed``, ``challenge_failed``, ``challenge_mismatch``.
        Conflict: ``state_conflict``.
        AudioError: the upload cannot be decoded within its bounds; that counts as one of three tries.
        Invalid: ``prompt_invalid``: the times do not fit the challenge.
    """
    moment = now()
    consent = consent_get(account_id=account_id, consent_id=consent_id)
    challenge = challenge_check(account_id=account_id, consent=consent, challenge_id=challenge_id, moment=moment)
    shown = prompt_times(challenge, shown_s)
    try:
        audio = decoded(data, max_seconds=MAX_CONSENT_SECONDS)
    except AudioError as error:
        challenge_miss(account_id=account_id, challenge=challenge, code=error.code)
        raise
    with stored(consent.owner, audio) as sound, recorded(actor=account(account_id), world=consent.world) as journal:
        lock_voice(consent.voice_id)
        challenge_consume(journal, challenge, moment, shown)
        recording = sound.recording(Recording.Purpose.CONSENT)
        rows = Consent.objects.filter(pk=consent.pk)
        move(rows, CONSENT, ConsentState.SUBMITTED, recording=recording, submitted_at=moment)
        job = AnalysisJob.objects.create(kind=AnalysisJob.Kind.CONSENT, consent=consent, created_at=moment)
        jobs.nudge(ANALYSE, job.pk)
        journal.add(
            EventType.CONSENT_SUBMITTED,
            f"consent:{consent.pk}",
            challenge=f"challenge:{challenge.pk}",
            recording=f"recording:{recording.pk}",
            sound=sound.digest,
        )
    return consent_get(account_id=account_id, consent_id=consent_id)


def consent_withdraw(*, account_id: str, consent_id: str, reason: str = "") -> Consent:
    """Take a consent back.

    An active one ends everything that stands on it at once: voice, grants, enrolments, jobs. One that never became active just ends.

    Raises:
        NotFound: no such consent, or a stranger's.
        Conflict: ``state_conflict``: it has ended already.
    """
    consent = consent_get(account_id=account_id, consent_id=consent_id)
    code = code_of(reason) or "owner_request"
    with recorded(actor=account(account_id), world=consent.world) as journal:
        lock_voice(consent.voice_id)
        consent.refresh_from_db()
        if consent.state == ConsentState.ACTIVE:
            end_voice(journal, consent.voice_id, code="consent_withdrawn", reason=code)
        else:
            _withdraw_unborn(journal, consent, code)
    return consent_get(account_id=account_id, consent_id=consent_id)


def _withdraw_unborn(journal: Journal, consent: Consent, code: str) -> None:
    move(Consent.objects.filter(pk=consent.pk), CONSENT, ConsentState.WITHDRAWN, ended_at=now())
    for challenge in consent.challenges.filter(state=ChallengeState.ISSUED):
        end_challenge(journal, challenge, ChallengeState.FAILED, now())
    jobs.cancel(AnalysisJob, Q(consent=consent))
    journal.add(EventType.CONSENT_WITHDRAWN, f"consent:{consent.pk}", reason=code)


def consents_expire_due() -> int:
    """End consents whose time is over. Use stops at that moment by the gate; the voice itself ends by retention, if no renewal comes."""
    done = 0
    for consent in Consent.objects.filter(state=ConsentState.ACTIVE, expires_at__lte=now())[:500]:
        with recorded(actor=SYSTEM, world=consent.world) as journal:
            lock_voice(consent.voice_id)
            rows = Consent.objects.filter(pk=consent.pk)
            if move_any(rows, CONSENT, ConsentState.EXPIRED, ended_at=now()):
                journal.add(EventType.CONSENT_EXPIRED, f"consent:{consent.pk}")
                done += 1
    return done
