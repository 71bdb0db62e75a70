"""Voices that nobody may enrol: added from a recording that a worker hears, listed, taken off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audiokit import AudioError
from vivavoce.web.operator_forms import ProtectForm
from vivavoce.web.roles import operator_page
from vivavoce.web.session import person
from vivavoce.web.uploads import recording, refused
from voices import selectors, services


@require_http_methods(["GET", "POST"])
@operator_page
def protected(request: HttpRequest) -> HttpResponse:
    """The list, and the form that adds to it."""
    form = ProtectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        label, operator_id = form.cleaned_data["label"], person(request).account_id
        try:
            services.protected_voice_submit(operator_id=operator_id, label=label, data=recording(request))
        except AudioError as error:
            messages.error(request, refused(error))
        else:
            messages.success(request, gettext("The recording was taken in; a worker hears it now."))
            return redirect("protected")
    return render(request, "web/operator/protected.html", {"form": form, **_rows(request)})


@require_GET
@operator_page
def waiting(request: HttpRequest) -> HttpResponse:
    """The part that is polled while a worker listens."""
    return render(request, "web/operator/parts/protected.html", _rows(request))


@require_POST
@operator_page
def remove(request: HttpRequest, protected_id: str) -> HttpResponse:
    """Take a voice off the list; its key is destroyed."""
    services.protected_voice_remove(operator_id=person(request).account_id, protected_id=protected_id)
    messages.success(request, gettext("The voice is no longer protected."))
    return redirect("protected")


def _rows(request: HttpRequest) -> dict[str, Any]:
    operator_id = person(request).account_id
    held = selectors.protected_voices(operator_id=operator_id)
    jobs = list(selectors.protections_open(operator_id=operator_id))
    return {
        "held": [{"row": row, "label": selectors.protected_label(row=row)} for row in held],
        "jobs": [{"row": row, "label": selectors.protected_label(row=row)} for row in jobs],
        "listening": any(row.state in {"pending", "leased"} for row in jobs),
    }
