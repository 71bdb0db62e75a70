"""Keys by their public names: what is in use, what can be handed over here, and the command for the rest."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vivavoce.operations import keys as held
from vivavoce.web.roles import operator_page
from vivavoce.web.session import person


@require_GET
@operator_page
def keys(request: HttpRequest) -> HttpResponse:
    """Log, wrapping and watermark keys."""
    wrapping = held.wrapping_keys()
    return render(
        request,
        "web/operator/keys.html",
        {
            "log_keys": held.log_keys(),
            "log_waiting": held.log_key_waiting(),
            "wrapping": wrapping,
            "stale": sum(key.data_keys for key in wrapping if not key.current),
            "marks": held.mark_keys(),
            "embedded": settings.EMBEDDED,
        },
    )


@require_POST
@operator_page
def log_hand_over(request: HttpRequest) -> HttpResponse:
    """The waiting signing key takes over; both keys sign that checkpoint."""
    made = held.log_key_hand_over(operator_id=person(request).account_id)
    messages.success(request, gettext("The new key signs from checkpoint %(size)s on.") % {"size": made.size})
    return redirect("keys")


@require_POST
@operator_page
def rewrap(request: HttpRequest) -> HttpResponse:
    """A worker moves every data key to the current key-encryption key."""
    held.rewrap_ask(operator_id=person(request).account_id)
    messages.success(request, gettext("A worker moves the data keys now."))
    return redirect("keys")
