"""What the checks of a recording came to, in words, with what to do next. Scores stay with operators and auditors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from safeguards.gate import Reason
from vivavoce.web.reasons import in_words
from voices.models import Consent, Take
from voices.selectors import consent_codes, take_codes

Words = str | Promise


class Check(NamedTuple):
    """One line of the list: what was looked at, how it came out, and what to do (empty when all is well)."""

    name: Words
    tone: str
    outcome: Words
    advice: Words


class Word(NamedTuple):
    """A challenge word and whether it was heard."""

    word: str
    ok: bool
    heard: str


_SOUND = frozenset({Reason.SPEECH_TOO_SHORT, Reason.RECORDING_NOISY, Reason.RECORDING_CLIPPED})
_LIVING = frozenset({Reason.SPEECH_SYNTHETIC, Reason.SPEECH_REPLAYED, Reason.RECORDING_SPLICED})
_FRESH = frozenset({Reason.RECORDING_WATERMARKED, Reason.RECORDING_DUPLICATE})
_CONSENT: tuple[tuple[Words, frozenset[Reason]], ...] = (
    (_("You read the statement"), frozenset({Reason.STATEMENT_NOT_SPOKEN})),
    (
        _("You read every word, in order, in time"),
        frozenset({Reason.CHALLENGE_WRONG, Reason.CHALLENGE_LATE, Reason.CHALLENGE_NOT_CONSUMED}),
    ),
    (_("The sound is clear enough"), _SOUND),
    (_("One person speaks from start to end"), frozenset({Reason.SPEAKER_INCONSISTENT})),
    (_("It is the same voice as before"), frozenset({Reason.SPEAKER_MISMATCH})),
    (_("A living person spoke, into the microphone, in one go"), _LIVING),
    (_("The recording is new"), _FRESH),
    (_("The voice belongs to nobody else here"), frozenset({Reason.VOICE_PROTECTED, Reason.VOICE_ALREADY_ENROLLED})),
)
_TAKE: tuple[tuple[Words, frozenset[Reason]], ...] = (
    (_("right words"), frozenset({Reason.TEXT_NOT_SPOKEN})),
    (_("your voice"), frozenset({Reason.SPEAKER_MISMATCH, Reason.SPEAKER_INCONSISTENT})),
    (_("clear sound"), _SOUND),
    (_("spoken just now"), _LIVING | _FRESH),
)


def consent_checks(consent: Consent) -> list[Check]:
    """The list for a consent that was judged; empty before."""
    lines = _lines(_CONSENT, consent_codes(consent=consent), borderline=consent.state == "needs_review")
    if consent.active_at is None:
        return lines
    # What was borderline was judged by two people, and they agreed.
    return [
        line if line.tone == "good" else Check(line.name, "good", _("yes, as two people judged"), "") for line in lines
    ]


def take_checks(take: Take) -> list[Check]:
    """The list for a reading that was judged; empty before."""
    return _lines(_TAKE, take_codes(take=take), borderline=False)


def challenge_words(consent: Consent) -> list[Word]:
    """The words of the challenge as they were heard; empty before."""
    evidence = (consent.evidence or {}).get("evidence") or {}
    scores = (evidence.get("challenge") or {}).get("words") or []
    return [
        Word(str(score.get("word", "")), bool(score.get("ok")), str(score.get("heard") or ""))
        for score in scores
        if isinstance(score, dict)
    ]


def _lines(
    groups: Iterable[tuple[Words, frozenset[Reason]]], codes: frozenset[str] | None, *, borderline: bool
) -> list[Check]:
    if codes is None:
        return []
    lines: list[Check] = []
    for name, reasons in groups:
        held = [reason for reason in Reason if reason in reasons and reason in codes]
        if not held:
            lines.append(Check(name, "good", _("yes"), ""))
        elif borderline:
            lines.append(
                Check(name, "warn", _("not sure"), _("Two people will look at this. You need do nothing now."))
            )
        else:
            lines.append(Check(name, "bad", _("no"), in_words(held[0])))
    return lines
