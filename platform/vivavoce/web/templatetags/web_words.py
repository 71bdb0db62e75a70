"""State codes in words and colours, in one place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from vivavoce.web.forms import SCOPES
from vivavoce.web.reasons import in_words
from voices import scope
from voices.models import Voice

register = template.Library()
CHARACTERS_PER_MINUTE = 900  # of English, read aloud
_GOOD = {"active", "ready", "released", "accepted", "done", "generated_here", "found", "on", "delivered"}
_PLAIN = {"not_found", "not_applicable", "not_detected", "draft", "erased", "off", "cancelled"}
_BAD = {
    "rejected",
    "failed",
    "refused",
    "revoked",
    "withdrawn",
    "erased",
    "cancelled_revoked",
    "aborted",
    "not_delivered",
}
_WORDS: dict[str, str | Promise] = {
    "draft": _("being prepared"),
    "challenged": _("waiting for your recording"),
    "submitted": _("received"),
    "verifying": _("being checked"),
    "needs_review": _("waiting for two reviewers"),
    "active": _("active"),
    "expired": _("expired"),
    "withdrawn": _("withdrawn"),
    "rejected": _("not accepted"),
    "collecting": _("collecting readings"),
    "screening": _("being checked"),
    "queued": _("waiting to be trained"),
    "training": _("training"),
    "ready": _("ready"),
    "failed": _("failed"),
    "aborted": _("ended"),
    "pending": _("not ready yet"),
    "suspended": _("paused"),
    "revoked": _("revoked"),
    "erased": _("erased"),
    "requested": _("asked for"),
    "exhausted": _("used up"),
    "accepted": _("accepted"),
    "checking": _("being checked"),
    "released": _("released"),
    "refused": _("refused"),
    "running": _("being rendered"),
    "marking": _("being marked"),
    "cancelled_revoked": _("stopped: consent ended"),
    "generated_here": _("made here"),
    "not_detected": _("no trace found"),
    "inconclusive": _("inconclusive"),
    "found": _("found"),
    "not_found": _("not found"),
    "not_applicable": _("nothing to judge"),
    "manifest": _("Content Credentials (C2PA)"),
    "watermark": _("Inaudible watermark"),
    "exact_hash": _("Same file, to the bit"),
    "fingerprint": _("Acoustic fingerprint"),
    "mark_copied": _("A mark of ours lies on sound that is not the clip it names."),
    "mark_unplaced": _("A mark of ours that cannot be read, on sound that resembles none of our clips."),
    "mark_removed": _("A clip of ours whose mark is gone."),
    "manifest_copied": _("A manifest of ours that names another clip than the sound itself."),
    "organisation": _("organisation"),
    "world": _("world"),
    "purpose": _("purpose"),
    "purposes": _("purposes"),
    "language": _("language"),
    "languages": _("languages"),
    "characters": _("characters"),
    "format": _("format"),
    "seconds": _("seconds"),
    "created_at": _("asked for at"),
    "released_at": _("released at"),
    "erased_at": _("erased at"),
    "active_at": _("given at"),
    "not_before": _("from"),
    "expires_at": _("until"),
    "ended_at": _("ended at"),
    "payload": _("number in the watermark"),
    "text_commitment": _("commitment to the text"),
    "sha256": "SHA-256",
    "simulated": _("simulated"),
    "actor": _("synthetic person"),
    "too_short": _("too short"),
    "on": _("on"),
    "off": _("off"),
    "on_its_way": _("on its way"),
    "delivered": _("delivered"),
    "not_delivered": _("not delivered"),
    "cancelled": _("cancelled"),
    "timeout": _("no answer in time"),
    "connect_failed": _("no connection"),
    "none": _("none"),
    "tone": _("a tone"),
    "spoken": _("spoken"),
    "sandbox": _("sandbox"),
    "live": _("live"),
}


@register.filter
def words(state: str) -> str:
    """A state code as a person would say it."""
    return str(_WORDS.get(state, state.replace("_", " ")))


@register.filter
def reason(code: str, fallback: str = "") -> str:
    """A reason code in the reader's language; the stored sentence where the code is not the gate's."""
    return in_words(code, fallback)


@register.filter
def problem_in_words(problem: str) -> str:
    """``code: sentence`` of an enrolment, in the reader's language where the code is known."""
    code, _colon, sentence = problem.partition(": ")
    return in_words(code, sentence or problem)


@register.filter
def scope_in_words(code: str) -> str:
    """What a scope of a key allows."""
    return str(SCOPES.get(code, code))


@register.filter
def delivery_state(state: str) -> str:
    """A job's state as a delivery's: code for ``words`` and ``tone``."""
    return {"pending": "on_its_way", "leased": "on_its_way", "done": "delivered", "failed": "not_delivered"}.get(
        state, state
    )


@register.filter
def voice_name(voice: Voice) -> str:
    """What its owner called it; an erased voice has lost that as well."""
    return voice.label or gettext("Erased voice")


@register.filter
def indented(text: str) -> str:
    """JSON with line ends; anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


@register.filter
def as_speech(characters: int) -> str:
    """A number of characters as a length of speech."""
    minutes = characters / CHARACTERS_PER_MINUTE
    if minutes < 1:
        return gettext("less than a minute of speech")
    if minutes < 1.5:
        return gettext("about a minute of speech")
    return gettext("about %(minutes)s minutes of speech") % {"minutes": f"{minutes:.0f}"}


@register.filter
def tone(state: str) -> str:
    """Its colour class."""
    return "good" if state in _GOOD else "bad" if state in _BAD else "plain" if state in _PLAIN else "warn"


@register.filter
def purpose_in_words(code: str) -> str:
    """A purpose as the statement says it."""
    return named(scope.PURPOSES, code)


@register.filter
def purposes_in_words(codes: Iterable[str]) -> str:
    """Purposes as the statement says them."""
    return ", ".join(named(scope.PURPOSES, code) for code in codes)


@register.filter
def languages_in_words(codes: Iterable[str]) -> str:
    """Languages by their names."""
    return ", ".join(named(scope.LANGUAGES, code) for code in codes)


def named(table: Mapping[str, Mapping[str, str]], code: str) -> str:
    """A code by its name in the reader's language."""
    names = table.get(code, {})
    return names.get((get_language() or "en").split("-")[0], names.get("en", code))


@register.filter
def unlocalize_number(value: float) -> str:
    """A number as HTML attributes want it, in every language."""
    return f"{value:.3f}"
