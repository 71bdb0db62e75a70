"""A trained version of a voice in its owner's words."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext

from vivavoce.web.templatetags.web_report import local
from voices.models import VoiceModel

register = template.Library()


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
