"""Forms of the operator's pages. They check the shape of what was typed; the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ReviewForm(forms.Form):
    """One reviewer's judgement."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class ProtectForm(forms.Form):
    """Whose voice it is; the recording travels beside it."""

    label = forms.CharField(
        label=_("Whose voice is it?"), max_length=200, help_text=_("For operators only; it is kept sealed.")
    )
