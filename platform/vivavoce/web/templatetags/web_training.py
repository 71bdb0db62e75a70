"""The training of a voice, and what it made, in its owner's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vivavoce.web.templatetags.web_report import local
from voices.models import VoiceModel

register = template.Library()
# What engines report while they train, as patterns of their English.
_NOTES: Final[tuple[tuple[str, str | Promise], ...]] = (
    (r"Listening", _("Listening to your readings")),
    (r"Listening to the recordings", _("Listening to your readings")),
    (r"Learning the voice", _("Learning the voice")),
    (r"Step (?P<step>\d+) of (?P<total>\d+)", _("Step %(step)s of %(total)s")),
    (
        r"Too little speech to fine-tune on \((?P<seconds>\d+) s\).*",
        _("Too little speech to train on (%(seconds)s s); your readings serve as references"),
    ),
    (r"Ready", _("Ready")),
)


@register.filter
def training_note(note: str) -> str:
    """How far a training is, in the reader's language where the engine's words are known."""
    for pattern, said in _NOTES:
        found = re.fullmatch(pattern, note)
        if found is not None:
            return str(said) % found.groupdict() if found.groupdict() else str(said)
    return note


@register.filter
def figures(model: VoiceModel) -> list[str]:
    """What was measured on the readings kept back; empty where none were."""
    measures: Mapping[str, float] = model.measures
    said: list[str] = []
    if "similarity" in measures:
        said.append(gettext("likeness %(value)s (1 is the same)") % {"value": local(f"{measures['similarity']:.2f}")})
    if "intelligibility" in measures and "intelligibility_owner" in measures:
        spoken, own = (f"{100 * measures[name]:.0f} %" for name in ("intelligibility", "intelligibility_owner"))
        said.append(
            gettext("words recognised: %(spoken)s (in your own reading %(own)s)") % {"spoken": spoken, "own": own}
        )
    if said and "readings" in measures:
        said.append(gettext("sentences kept back: %(count)s") % {"count": round(measures["readings"])})
    return said
