"""Saying yes: the statement, the words, the recording, the result."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audiokit.clock import now
from vivavoce.web.forms import ConsentForm
from vivavoce.web.session import page, person
from vivavoce.web.uploads import recording
from voices import selectors, services
from voices.models import Consent
from voices.states import ChallengeState, ConsentState

_PENDING = {ConsentState.SUBMITTED, ConsentState.VERIFYING}


@require_POST
@page
def draft(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Write down the scope; the statement follows from it."""
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return render(request, "web/form.html", {"form": form, "title": _("Prepare a new consent")}, status=422)
    made = services.consent_draft(account_id=person(request).account_id, voice_id=voice_id, **form.cleaned_data)
    return redirect("consent", made.pk)


@require_GET
@page
def consent(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The statement, and the open challenge if there is one (a closed tab loses nothing)."""
    found = selectors.consent_get(account_id=person(request).account_id, consent_id=consent_id)
    challenge = found.challenges.filter(state=ChallengeState.ISSUED, expires_at__gt=now()).first()
    return render(
        request,
        "web/owner/consent.html",
        {
            "consent": found,
            "statement": selectors.consent_statement(consent=found),
            "challenge": challenge,
            "seconds_left": int((challenge.expires_at - now()).total_seconds()) if challenge else 0,
        },
    )


@require_POST
@page
def challenge(request: HttpRequest, consent_id: str) -> HttpResponse:
    """Draw the words; the clock starts."""
    issued = services.challenge_issue(account_id=person(request).account_id, consent_id=consent_id)
    if not request.headers.get("HX-Request"):
        return redirect("consent", consent_id)
    left = int((issued.expires_at - issued.issued_at).total_seconds())
    return render(request, "web/owner/parts/challenge.html", {"challenge": issued, "seconds_left": left})


@require_POST
@page
def submit(request: HttpRequest, consent_id: str, challenge_id: str) -> HttpResponse:
    """Take the recording; the checks run in a worker."""
    given = services.consent_submit(
        account_id=person(request).account_id,
        consent_id=consent_id,
        challenge_id=challenge_id,
        data=recording(request),
        shown_s=services.shown_times(request.POST.get("shown", "")),
    )
    if not request.headers.get("HX-Request"):
        return redirect("voice", given.voice_id)
    return _result(request, given)


@require_GET
@page
def result(request: HttpRequest, consent_id: str) -> HttpResponse:
    """Polled while the checks run."""
    return _result(request, selectors.consent_get(account_id=person(request).account_id, consent_id=consent_id))


def _result(request: HttpRequest, found: Consent) -> HttpResponse:
    return render(
        request,
        "web/owner/parts/consent_result.html",
        {"consent": found, "pending": found.state in _PENDING, "checks": _checks(found.evidence or {})},
    )


def _checks(evidence: dict[str, Any]) -> list[dict[str, str]]:
    """The evidence as lines a person can read; scores stay with operators and auditors."""
    lines: list[dict[str, str]] = []
    challenge_found = evidence.get("challenge") or {}
    for word in challenge_found.get("words", []):
        heard = word.get("heard")
        lines.append(
            {
                "name": str(word.get("word", "")),
                "outcome": _("heard") if word.get("ok") else _("not heard"),
                "tone": "good" if word.get("ok") else "bad",
                "detail": _("sounded like “%(heard)s”") % {"heard": heard} if heard and not word.get("ok") else "",
            }
        )
    return lines


@require_POST
@page
def withdraw(request: HttpRequest, consent_id: str) -> HttpResponse:
    """One click: everything stops at once."""
    ended = services.consent_withdraw(account_id=person(request).account_id, consent_id=consent_id)
    return redirect("voice", ended.voice_id)


@require_GET
@page
def receipt(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The signed receipt, to keep."""
    document = services.consent_receipt(account_id=person(request).account_id, consent_id=consent_id)
    answer = JsonResponse(document, json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="consent-{consent_id}.json"'
    return answer
