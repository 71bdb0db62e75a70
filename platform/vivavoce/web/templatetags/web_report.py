"""A verification report in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import template
from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vivavoce.web.templatetags.web_words import named
from voices import scope

register = template.Library()
_VERDICTS: dict[str, str | Promise] = {
    "generated_here": _("This sound, or part of it, was generated on this platform."),
    "not_detected": _(
        "Nothing shows that this sound was generated on this platform. That does not mean that a human spoke it."
    ),
    "inconclusive": _("It cannot be said whether this sound was generated on this platform."),
}
# What misses follow from how the technique works; nothing need be measured for them.
_MISSES: dict[str, str | Promise] = {
    "manifest": _("Misses every copy without credentials: most programs drop them when they save."),
    "exact_hash": _("Misses every copy in which one bit was changed."),
}
_ERRORS: dict[str, str | Promise] = {
    "mark_missed": _("mark not found in a clip of ours"),
    "payload_not_read": _("number of the clip not read"),
    "payload_misread": _("another number read than was written"),
    "mark_found_wrongly": _("mark found in other sound"),
    "print_missed": _("copy of a clip of ours not recognised"),
    "print_found_wrongly": _("other sound taken for a clip of ours"),
}
_CONDITIONS: dict[str, str | Promise] = {
    "untouched": _("untouched"),
    "attacked": _("after codecs, noise, cuts and other attacks"),
    "unmarked": _("unmarked"),
    "other_key": _("marked with another key"),
    "other_sentence": _("another sentence"),
    "same_sentence_other_speaker": _("the same sentence by another speaker"),
}
_LINKS: tuple[tuple[str, str | Promise], ...] = (
    ("clip", _("Clip")),
    ("request", _("Request")),
    ("voice", _("Voice")),
    ("grant", _("Grant")),
    ("consent", _("Consent")),
)
_NAMED: dict[str, Mapping[str, Mapping[str, str]]] = {
    "purpose": scope.PURPOSES,
    "purposes": scope.PURPOSES,
    "language": scope.LANGUAGES,
    "languages": scope.LANGUAGES,
}
_SHOWN_APART = {"id", "state", "log_index", "log_indices"}


class Link(NamedTuple):
    """One link of the chain: its facts, the entries of the log about it, and what is left to list."""

    kind: str
    title: str
    facts: dict[str, Any]
    indices: list[int]
    rest: list[tuple[str, str]]


@register.filter
def sentence(verdict: str) -> str:
    """A verdict in one or two sentences."""
    return str(_VERDICTS.get(verdict, verdict))


def local(number: str) -> str:
    """A number that Python wrote, with the reader's decimal mark."""
    return number.replace(".", str(get_format("DECIMAL_SEPARATOR")))


def _grouped(number: int) -> str:
    """A large number in groups of three with a no-break space between them, which no language takes for a decimal mark."""
    return f"{number:,}".replace(",", "\u00a0")


@register.filter
def rate(probability: float) -> str:
    """A probability in [0, 1] as a person reads it: a share of a hundred, or one in so many."""
    if probability <= 0:
        return gettext("never, by construction")
    if probability >= 0.001:
        return local(f"{100 * probability:.2g} %")
    if probability < 1e-12:
        return gettext("less than once in a million million")
    return gettext("about once in %(count)s") % {"count": _grouped(round(1 / probability))}


@register.filter
def misses(technique: str) -> str:
    """What a technique cannot see by its nature; empty for those whose misses have to be measured."""
    return str(_MISSES.get(technique, ""))


@register.filter
def error_name(error: Mapping[str, Any]) -> str:
    """Which error of a technique, of which sound, under which condition."""
    what, where = (str(names.get(error[key], error[key])) for names, key in ((_ERRORS, "what"), (_CONDITIONS, "where")))
    seconds = error.get("seconds")
    length = gettext("%(seconds)s s of sound") % {"seconds": f"{seconds:g}"} if seconds else ""
    return f"{what} ({', '.join(filter(None, (length, where)))})"


@register.filter
def error_rate(error: Mapping[str, Any]) -> str:
    """The rate with its 95 % interval and the number of trials."""
    counted = f"n = {error['n']}" if error.get("errors") is None else f"{error['errors']}/{error['n']}"
    share, low, high = (local(f"{100 * error[key]:.3g}") for key in ("rate", "low", "high"))
    return f"{share} % [{low} – {high}], {counted}"


@register.filter
def links(chain: dict[str, Any]) -> list[Link]:
    """The chain in its order, from the clip to the consent."""
    found: list[Link] = []
    for name, title in _LINKS:
        facts = chain.get(name) or {}
        indices = [index for index in (*facts.get("log_indices", []), facts.get("log_index")) if index is not None]
        rest = [
            (key, _shown(key, value))
            for key, value in facts.items()
            if key not in _SHOWN_APART and value not in (None, "")
        ]
        found.append(Link(name, str(title), facts, sorted(set(indices)), rest))
    return found


def _shown(name: str, value: object) -> str:
    if name.endswith(("_at", "_before")):
        return datetime.fromisoformat(str(value)).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if name in _NAMED:
        codes = value if isinstance(value, list) else [value]
        return ", ".join(named(_NAMED[name], str(code)) for code in codes)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
