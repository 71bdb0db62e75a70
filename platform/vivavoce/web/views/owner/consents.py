"""Saying yes: the statement, the words, the recording, the result."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audiokit.clock import now
from vivavoce.web.checks import challenge_words, consent_checks
from vivavoce.web.forms import ConsentForm
from vivavoce.web.receipts import receipt_pdf
from vivavoce.web.session import page, person
from vivavoce.web.uploads import recording
from voices import selectors, services
from voices.models import Challenge, Consent
from voices.states import ChallengeState, ConsentState, VoiceState

_PENDING = {ConsentState.SUBMITTED, ConsentState.VERIFYING}
_OPEN = {ConsentState.DRAFT, ConsentState.CHALLENGED}
_READ_PER_SECOND = 2.6  # words of a statement, read aloud without haste


@require_GET
@page
def consents(request: HttpRequest, voice_id: str) -> HttpResponse:
    """All consents of a voice, and a form for the next."""
    who = person(request)
    found = selectors.voice_get(account_id=who.account_id, voice_id=voice_id)
    rows = list(selectors.consents_of(account_id=who.account_id, voice_id=voice_id))
    return render(
        request,
        "web/owner/consents.html",
        {
            "voice": found,
            "tab": "voice-consents",
            "consents": rows,
            "receipts": any(row.active_at for row in rows),
            "may_draft": found.state not in {VoiceState.REVOKED, VoiceState.ERASED}
            and not any(row.state in _OPEN | _PENDING for row in rows),
            "consent_form": ConsentForm(),
        },
    )


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
    """The statement, and the open challenge if there is one (a closed tab loses nothing); later, the result."""
    found = selectors.consent_get(account_id=person(request).account_id, consent_id=consent_id)
    challenge = found.challenges.filter(state=ChallengeState.ISSUED, expires_at__gt=now()).first()
    return render(
        request,
        "web/owner/consent.html",
        {
            "open": found.state in _OPEN,
            "statement": selectors.consent_statement(consent=found),
            **(_clock(challenge) if challenge else {}),
            **_outcome(found),
        },
    )


@require_POST
@page
def challenge(request: HttpRequest, consent_id: str) -> HttpResponse:
    """Draw the words; the clock starts."""
    who = person(request)
    issued = services.challenge_issue(account_id=who.account_id, consent_id=consent_id)
    if not request.headers.get("HX-Request"):
        return redirect("consent", consent_id)
    found = selectors.consent_get(account_id=who.account_id, consent_id=consent_id)
    shown = {"consent": found, "statement": selectors.consent_statement(consent=found), **_clock(issued)}
    return render(request, "web/owner/parts/challenge.html", shown)


def _clock(challenge: Challenge) -> dict[str, object]:
    statement_words = len(selectors.consent_statement(consent=challenge.consent).split())
    return {
        "challenge": challenge,
        "seconds_left": int((challenge.expires_at - now()).total_seconds()),
        "seconds_all": int((challenge.expires_at - challenge.issued_at).total_seconds()),
        "statement_seconds": round(statement_words / _READ_PER_SECOND * 0.7),
    }


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
        return redirect("consent", consent_id)
    return _result(request, given)


@require_GET
@page
def result(request: HttpRequest, consent_id: str) -> HttpResponse:
    """Polled while the checks run."""
    return _result(request, selectors.consent_get(account_id=person(request).account_id, consent_id=consent_id))


def _result(request: HttpRequest, found: Consent) -> HttpResponse:
    return render(request, "web/owner/parts/consent_result.html", _outcome(found))


def _outcome(found: Consent) -> dict[str, object]:
    return {
        "consent": found,
        "pending": found.state in _PENDING,
        "checks": consent_checks(found),
        "words": challenge_words(found),
    }


@require_POST
@page
def withdraw(request: HttpRequest, consent_id: str) -> HttpResponse:
    """One click: everything stops at once."""
    ended = services.consent_withdraw(account_id=person(request).account_id, consent_id=consent_id)
    return redirect("voice-consents", ended.voice_id)


@require_POST
@page
def again(request: HttpRequest, consent_id: str) -> HttpResponse:
    """A new draft of the same scope: after a refusal, or before the old one runs out."""
    made = services.consent_renew(account_id=person(request).account_id, consent_id=consent_id)
    return redirect("consent", made.pk)


@require_GET
@page
def receipt(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The signed receipt, to keep: JSON, which programs check."""
    document = services.consent_receipt(account_id=person(request).account_id, consent_id=consent_id)
    answer = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="consent-{consent_id}.json"'
    return answer


@require_GET
@page
def receipt_paper(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The same receipt for people: PDF, with the signature and the signed bytes in it."""
    who = person(request)
    found = selectors.consent_get(account_id=who.account_id, consent_id=consent_id)
    document = services.consent_receipt(account_id=who.account_id, consent_id=consent_id)
    data = receipt_pdf(
        document,
        name=selectors.owner_name(owner=found.owner),
        voice=found.voice.label,
        statement=selectors.consent_statement(consent=found),
        language=get_language() or "en",
    )
    answer = HttpResponse(data, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="consent-{consent_id}.pdf"'
    return answer
