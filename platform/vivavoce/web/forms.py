"""Forms check the shape of what was typed; the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from voices import scope


def purposes() -> list[tuple[str, str]]:
    """Codes and names in the reader's language, as the statement will say them."""
    return [(code, names.get(_language(), names["en"])) for code, names in scope.PURPOSES.items()]


def languages() -> list[tuple[str, str]]:
    """Languages that the installed engine speaks now; others follow with their engines."""
    return [(code, names.get(_language(), names["en"])) for code, names in scope.LANGUAGES.items() if code == "en"]


def _language() -> str:
    return (get_language() or "en").split("-")[0]


FORMATS = [(name, name.upper()) for name in ("mp3", "wav", "flac", "opus", "aac", "pcm")]


class VoiceForm(forms.Form):
    """Name of the owner (asked once) and of the voice."""

    name = forms.CharField(
        label=_("Your full name"), max_length=80, help_text=_("It is spoken in the consent and kept sealed.")
    )
    label = forms.CharField(label=_("What to call this voice"), max_length=80)


class ConsentForm(forms.Form):
    """The widest use the owner agrees to; each grant narrows it."""

    purposes = forms.MultipleChoiceField(
        label=_("What it may be used for"), choices=purposes, widget=forms.CheckboxSelectMultiple
    )
    languages = forms.MultipleChoiceField(
        label=_("In which languages"), choices=languages, initial=["en"], widget=forms.CheckboxSelectMultiple
    )
    days_valid = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=730, initial=365)


class OrganisationForm(forms.Form):
    """A new organisation."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=120)


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(label=_("What the key is for"), max_length=80)


class GrantForm(forms.Form):
    """What the app asks the owner for."""

    voice_id = forms.CharField(
        label=_("Voice id"), max_length=40, help_text=_("The owner gives it to you; it begins with voi_.")
    )
    purposes = forms.MultipleChoiceField(label=_("What for"), choices=purposes, widget=forms.CheckboxSelectMultiple)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=languages, initial=["en"], widget=forms.CheckboxSelectMultiple
    )
    formats = forms.MultipleChoiceField(
        label=_("Formats"), choices=FORMATS, initial=["mp3", "wav"], widget=forms.CheckboxSelectMultiple
    )
    quota_characters = forms.IntegerField(
        label=_("Characters in all"), min_value=1, max_value=10_000_000, initial=10_000
    )
    days = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=365, initial=90)
    disclosure = forms.ChoiceField(
        label=_("Audible notice"), choices=[("none", _("none")), ("tone", _("a tone")), ("spoken", _("spoken"))]
    )
    message = forms.CharField(
        label=_("Your words to the owner"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
