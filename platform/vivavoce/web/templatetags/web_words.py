"""State codes in words and colours, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from voices import scope

register = template.Library()
_GOOD = {"active", "ready", "released", "accepted", "done", "generated_here", "found"}
_PLAIN = {"not_found", "not_applicable", "not_detected", "draft", "erased"}
_BAD = {"rejected", "failed", "refused", "revoked", "withdrawn", "erased", "cancelled_revoked", "aborted"}
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
    "sandbox": _("sandbox"),
    "live": _("live"),
}


@register.filter
def words(state: str) -> str:
    """A state code as a person would say it."""
    return str(_WORDS.get(state, state.replace("_", " ")))


@register.filter
def tone(state: str) -> str:
    """Its colour class."""
    return "good" if state in _GOOD else "bad" if state in _BAD else "plain" if state in _PLAIN else "warn"


@register.filter
def purpose_in_words(code: str) -> str:
    """A purpose as the statement says it."""
    return _named(scope.PURPOSES, code)


@register.filter
def purposes_in_words(codes: Iterable[str]) -> str:
    """Purposes as the statement says them."""
    return ", ".join(_named(scope.PURPOSES, code) for code in codes)


@register.filter
def languages_in_words(codes: Iterable[str]) -> str:
    """Languages by their names."""
    return ", ".join(_named(scope.LANGUAGES, code) for code in codes)


def _named(table: Mapping[str, Mapping[str, str]], code: str) -> str:
    names = table.get(code, {})
    return names.get((get_language() or "en").split("-")[0], names.get("en", code))


@register.filter
def unlocalize_number(value: float) -> str:
    """A number as HTML attributes want it, in every language."""
    return f"{value:.3f}"
