"""Challenges: drawn, answered once, in time, by the account they were shown to."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from audiokit.clock import now
from safeguards.audit.events import EventType
from voices.errors import ChallengeLate, Conflict, Invalid
from voices.models import Challenge, Consent
from voices.selectors import challenge_get, consent_get
from voices.services.journal import SYSTEM, Journal, account, recorded
from voices.services.recordings import MAX_CONSENT_SECONDS
from voices.services.revocation import lock_voice
from voices.services.transitions import move, move_any
from voices.states import CHALLENGE, CONSENT, ChallengeState, ConsentState

SECONDS = 120
TRIES = 3
BITS = 48
# Somebody who may draw as often as they like waits for words that they have recordings of.
MOST_PER_HOUR = 20
MAX_SENTENCES = 200
MAX_SENTENCE = 300


def challenge_issue(*, account_id: str, consent_id: str, sentences: Sequence[str] | None = None) -> Challenge:
    """Draw a new challenge for a consent; an older open one ends.

    Args:
        account_id: the owner's account.
        consent_id: a consent in draft, or one whose challenge was not answered.
        sentences: the person's own known sentences to draw from, where the operator allows such demonstrations.

    Raises:
        NotFound: no such consent, or a stranger's.
        Conflict: ``state_conflict``; ``challenge_too_many``; ``sentences_not_allowed``.
        Invalid: ``sentences_unusable``; ``language_unsupported``.
    """
    consent = consent_get(account_id=account_id, consent_id=consent_id)
    kind = Challenge.Kind.WORDS if sentences is None else Challenge.Kind.SENTENCES
    words = _words(consent.text_language) if sentences is None else _sentences(sentences)
    moment = now()
    if Challenge.objects.filter(consent=consent, issued_at__gt=moment - timedelta(hours=1)).count() >= MOST_PER_HOUR:
        raise Conflict("challenge_too_many", "Too many challenges were drawn. Wait an hour and try again.")
    with recorded(actor=account(account_id), world=consent.world) as journal:
        lock_voice(consent.voice_id)
        for earlier in Challenge.objects.filter(consent=consent, state=ChallengeState.ISSUED):
            end_challenge(journal, earlier, ChallengeState.EXPIRED, moment)
        challenge = Challenge.objects.create(
            account_id=account_id,
            consent=consent,
            nonce=secrets.token_hex(16),
            scope_digest=scope_digest(consent, account_id),
            kind=kind,
            words=words,
            issued_at=moment,
            expires_at=moment + timedelta(seconds=SECONDS),
        )
        move(Consent.objects.filter(pk=consent.pk), CONSENT, ConsentState.CHALLENGED)
        journal.add(
            EventType.CHALLENGE_ISSUED,
            f"challenge:{challenge.pk}",
            consent=f"consent:{consent.pk}",
            scope=challenge.scope_digest,
            nonce=challenge.nonce,
            kind=str(kind),
        )
        journal.add(EventType.CONSENT_CHALLENGED, f"consent:{consent.pk}", challenge=f"challenge:{challenge.pk}")
    return challenge


def scope_digest(consent: Consent, account_id: str) -> str:
    """What a challenge is bound to: account, voice, scope and the very text to be spoken."""
    bound = {
        "account": account_id,
        "voice": consent.voice_id,
        "world": consent.world,
        "purposes": consent.purposes,
        "languages": consent.languages,
        "days": consent.days_valid,
        "text_version": consent.text_version,
        "statement": consent.statement_digest,
    }
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


def challenge_check(*, account_id: str, consent: Consent, challenge_id: str, moment: datetime) -> Challenge:
    """Look before the upload is decoded whether this challenge can still be answered; a late one ends here.

    Raises:
        NotFound: no such challenge, or another account's.
        ChallengeLate: ``challenge_mismatch``, ``challenge_consumed``, ``challenge_failed``, ``challenge_expired``.
    """
    challenge = challenge_get(account_id=account_id, challenge_id=challenge_id)
    bound = challenge.consent_id == consent.pk and challenge.scope_digest == scope_digest(consent, account_id)
    if not bound:
        raise ChallengeLate(
            "challenge_mismatch", "This challenge was drawn for another consent or scope. Ask for a new one."
        )
    _still_open(challenge)
    if moment >= challenge.expires_at:
        with recorded(actor=account(account_id), world=consent.world) as journal:
            lock_voice(consent.voice_id)
            end_challenge(journal, challenge, ChallengeState.EXPIRED, moment)
        raise ChallengeLate("challenge_expired", "The challenge has expired. Ask for a new one and record at once.")
    return challenge


def shown_times(text: str) -> list[float] | None:
    """The times a client sent with its recording, a JSON list of seconds; None for an empty text.

    Raises:
        Invalid: ``prompt_invalid``.
    """
    if not text:
        return None
    try:
        times = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _times_invalid() from error
    if not isinstance(times, list) or not all(type(moment) in (int, float) for moment in times):
        raise _times_invalid()
    return [float(moment) for moment in times]


def _times_invalid() -> Invalid:
    return Invalid("prompt_invalid", "Send one time for each word: seconds from the start of the recording, ascending.")


def prompt_times(challenge: Challenge, shown_s: Sequence[float] | None) -> list[float] | None:
    """When each word of a challenge was shown, if the client says so.

    The client could make these times up; they serve as evidence beside others, and never open anything.

    Raises:
        Invalid: ``prompt_invalid``: not one finite, ascending time for each word within the longest recording.
    """
    if shown_s is None:
        return None
    times = [float(moment) for moment in shown_s]
    plausible = all(0.0 <= moment <= MAX_CONSENT_SECONDS for moment in times)  # false for what is no number, too
    if len(times) != len(challenge.words) or not plausible or times != sorted(times):
        raise _times_invalid()
    return times


def challenge_consume(
    journal: Journal, challenge: Challenge, moment: datetime, shown_s: list[float] | None = None
) -> None:
    """Compare and set: of two parallel answers exactly one gets through.

    Raises:
        ChallengeLate: ``challenge_consumed``: the other one did.
    """
    answerable = Challenge.objects.filter(
        pk=challenge.pk, state=ChallengeState.ISSUED, expires_at__gt=moment, attempts__lt=TRIES
    )
    taken = {"state": ChallengeState.CONSUMED, "attempts": F("attempts") + 1, "ended_at": moment, "shown_s": shown_s}
    if not answerable.update(**taken):
        raise ChallengeLate("challenge_consumed", "This challenge was answered already. Ask for a new one.")
    journal.add(EventType.CHALLENGE_CONSUMED, f"challenge:{challenge.pk}", nonce=challenge.nonce)


def challenge_miss(*, account_id: str, challenge: Challenge, code: str) -> None:
    """Count an answer that could not even be decoded; the third one ends the challenge."""
    moment = now()
    consent = challenge.consent
    with recorded(actor=account(account_id), world=consent.world) as journal:
        lock_voice(consent.voice_id)
        open_rows = Challenge.objects.filter(pk=challenge.pk, state=ChallengeState.ISSUED, attempts__lt=TRIES)
        if not open_rows.update(attempts=F("attempts") + 1):
            return
        journal.add(EventType.CHALLENGE_ATTEMPT_FAILED, f"challenge:{challenge.pk}", code=code)
        challenge.refresh_from_db()
        if challenge.attempts >= TRIES:
            end_challenge(journal, challenge, ChallengeState.FAILED, moment)


def challenges_expire_due() -> int:
    """End challenges that nobody answered in time; their consents are drafts again. Returns how many."""
    moment = now()
    done = 0
    due = Challenge.objects.filter(state=ChallengeState.ISSUED, expires_at__lte=moment).select_related("consent")
    for challenge in due[:500]:
        with recorded(actor=SYSTEM, world=challenge.consent.world) as journal:
            lock_voice(challenge.consent.voice_id)
            done += end_challenge(journal, challenge, ChallengeState.EXPIRED, moment)
    return done


def end_challenge(journal: Journal, challenge: Challenge, state: ChallengeState, moment: datetime) -> int:
    """An open challenge ends without an answer, and its consent is a draft again."""
    if not move_any(Challenge.objects.filter(pk=challenge.pk), CHALLENGE, state, ended_at=moment):
        return 0
    move_any(Consent.objects.filter(pk=challenge.consent_id), CONSENT, ConsentState.DRAFT)
    event = EventType.CHALLENGE_EXPIRED if state == ChallengeState.EXPIRED else EventType.CHALLENGE_FAILED
    journal.add(event, f"challenge:{challenge.pk}", consent=f"consent:{challenge.consent_id}")
    return 1


def _still_open(challenge: Challenge) -> None:
    if challenge.state == ChallengeState.CONSUMED:
        raise ChallengeLate("challenge_consumed", "This challenge was answered already. Ask for a new one.")
    if challenge.state == ChallengeState.EXPIRED:
        raise ChallengeLate("challenge_expired", "The challenge has expired. Ask for a new one and record at once.")
    if challenge.state == ChallengeState.FAILED or challenge.attempts >= TRIES:
        raise ChallengeLate("challenge_failed", "This challenge was tried too often. Ask for a new one.")


def _words(language: str) -> list[str]:
    from safeguards.challenge import UnsupportedLanguageError, draw

    try:
        return draw(language, BITS)
    except UnsupportedLanguageError as error:
        raise Invalid("language_unsupported", str(error)) from error


def _sentences(sentences: Sequence[str]) -> list[str]:
    from safeguards.challenge import SentenceSupplyError, draw_from_sentences

    if not settings.VIVAVOCE_CHALLENGE_FROM_SENTENCES:
        raise Conflict("sentences_not_allowed", "Challenges are drawn at random here. Leave the sentences out.")
    if len(sentences) > MAX_SENTENCES or any(len(sentence) > MAX_SENTENCE for sentence in sentences):
        raise Invalid("sentences_unusable", f"At most {MAX_SENTENCES} sentences of {MAX_SENTENCE} characters each.")
    try:
        return draw_from_sentences(list(sentences))
    except SentenceSupplyError as error:
        raise Invalid("sentences_unusable", str(error)) from error
