"""State codes in words and colours, in one place."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()
_GOOD = {"active", "ready", "released", "accepted", "done", "generated_here"}
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
}


@register.filter
def words(state: str) -> str:
    """A state code as a person would say it."""
    return str(_WORDS.get(state, state.replace("_", " ")))


@register.filter
def tone(state: str) -> str:
    """Its colour class."""
    return "good" if state in _GOOD else "bad" if state in _BAD else "warn"


@register.filter
def unlocalize_number(value: float) -> str:
    """A number as HTML attributes want it, in every language."""
    return f"{value:.3f}"
