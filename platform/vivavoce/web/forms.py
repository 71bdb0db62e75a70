"""Forms check the shape of what was typed; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from synthesis.controls import EMOTIONS, MAX_CHARACTERS
from vivavoce.accounts import scopes
from vivavoce.webhooks.events import TYPES
from voices import scope


def purposes() -> list[tuple[str, str]]:
    """Codes and names in the reader's language, as the statement will say them."""
    return [(code, names.get(_language(), names["en"])) for code, names in scope.PURPOSES.items()]


def languages() -> list[tuple[str, str]]:
    """Languages that the installed engine speaks now; others follow with their engines."""
    return [(code, names.get(_language(), names["en"])) for code, names in scope.LANGUAGES.items() if code == "en"]


def _language() -> str:
    return (get_language() or "en").split("-")[0]


def app_scopes() -> list[tuple[str, str]]:
    """What a key can be allowed to do, in words."""
    return [(code, str(SCOPES[code])) for code in scopes.APP]


def manners() -> list[tuple[str, str]]:
    """How a sentence may be read for engines that keep references by name; as usual first."""
    named = [(name, str(EMOTION_WORDS.get(name, name))) for name in EMOTIONS if name != "neutral"]
    return [("", gettext("as usual")), *named]


def emotions() -> list[tuple[str, str]]:
    """As the engine names them, in words; none first."""
    return [("", gettext("as the text has it")), *((name, str(EMOTION_WORDS.get(name, name))) for name in EMOTIONS)]


SCOPES = {
    "voices": _("see the voices it may use"),
    "grants": _("ask for grants"),
    "synthesis": _("request speech"),
    "clips": _("fetch and delete clips"),
    "verify": _("check clips"),
    "webhooks": _("set up webhooks"),
    "keys": _("handle keys"),
}
EMOTION_WORDS = {
    "neutral": _("neutral"),
    "cheerful": _("cheerful"),
    "calm": _("calm"),
    "sad": _("sad"),
    "serious": _("serious"),
    "encouraging": _("encouraging"),
}
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


class ListenForm(forms.Form):
    """What one's own voice shall say."""

    text = forms.CharField(
        label=_("What shall it say?"),
        max_length=400,
        initial=_("Good morning. This is how I sound when a machine speaks for me."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OrganisationForm(forms.Form):
    """A new organisation."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=120)


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(label=_("What the key is for"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=app_scopes,
        initial=[code for code in scopes.APP if code != "keys"],  # a key that makes keys is asked for on purpose
        widget=forms.CheckboxSelectMultiple,
    )
    ip_list = forms.CharField(
        label=_("Only from these addresses"),
        required=False,
        max_length=1000,
        help_text=_("One address or block a line, such as 203.0.113.0/24. Empty: from anywhere."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    days = forms.IntegerField(
        label=_("Ends after this many days"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=_("Empty: it does not end by itself."),
    )


class RotateForm(forms.Form):
    """How long the old key keeps working beside the new one."""

    overlap = forms.ChoiceField(
        label=_("The old key works for another"),
        choices=[("0", _("moment")), ("3600", _("hour")), ("86400", _("day")), ("604800", _("week"))],
        initial="86400",
    )


class MemberForm(forms.Form):
    """Somebody else who acts for the organisation."""

    email = forms.EmailField(label=_("Email address of the account"))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[
            ("developer", _("developer: reads and tries")),
            ("manager", _("manager: keys, grants, webhooks, members")),
        ],
    )


class EventsForm(forms.Form):
    """Which events an endpoint is told of."""

    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(name, name) for name in TYPES],
        initial=list(TYPES),
        widget=forms.CheckboxSelectMultiple,
    )


class EndpointForm(EventsForm):
    """A new webhook endpoint."""

    url = forms.CharField(
        label=_("Address"), max_length=500, help_text=_("https:// and public; each message is signed.")
    )
    field_order = ["url", "events"]


class PlaygroundForm(forms.Form):
    """One utterance."""

    voice_id = forms.ChoiceField(label=_("Voice"))
    text = forms.CharField(
        label=_("Text"),
        max_length=MAX_CHARACTERS,
        initial=_("Good morning. Here is the weather for the coming days."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    purpose = forms.ChoiceField(label=_("What for"), choices=purposes, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=languages)
    emotion = forms.ChoiceField(label=_("Emotion"), choices=emotions, required=False)
    speed = forms.FloatField(
        label=_("Speed"),
        min_value=0.5,
        max_value=2.0,
        initial=1.0,
        widget=forms.NumberInput(attrs={"step": "0.05", "inputmode": "decimal"}),
    )
    format = forms.ChoiceField(label=_("Format"), choices=FORMATS, initial="wav")
    stream = forms.BooleanField(label=_("Play while it is being made"), required=False, initial=True)

    def __init__(self, *arguments: Any, voices: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["voice_id"] = forms.ChoiceField(label=_("Voice"), choices=voices)


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
