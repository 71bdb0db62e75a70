"""The owner's voices: what they are, what comes next, and how to stop it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from synthesis import selectors as spoken
from vivavoce.web.forms import ConsentForm, ListenForm, VoiceForm
from vivavoce.web.session import page, person
from voices import selectors, services
from voices.models import Consent, Enrolment, Voice
from voices.states import ConsentState, EnrolmentState, GrantState, VoiceState

OPEN_CONSENT = [
    ConsentState.DRAFT,
    ConsentState.CHALLENGED,
    ConsentState.SUBMITTED,
    ConsentState.VERIFYING,
    ConsentState.NEEDS_REVIEW,
    ConsentState.ACTIVE,
]
OPEN_ENROLMENT = [EnrolmentState.COLLECTING, EnrolmentState.SCREENING, EnrolmentState.QUEUED, EnrolmentState.TRAINING]
_ENDED = {VoiceState.REVOKED, VoiceState.ERASED}


@require_http_methods(["GET", "POST"])
@page
def voices(request: HttpRequest) -> HttpResponse:
    """All voices of this person in this world; a form for the next one."""
    who = person(request)
    owner = selectors.owners_of(account_id=who.account_id, world=who.world).first()
    form = VoiceForm(request.POST or None)
    if owner is not None:
        del form.fields["name"]
    if request.method == "POST" and form.is_valid():
        if owner is None:
            owner = services.owner_register(account_id=who.account_id, world=who.world, name=form.cleaned_data["name"])
        made = services.voice_create(account_id=who.account_id, owner_id=owner.pk, label=form.cleaned_data["label"])
        return redirect("voice", made.pk)
    mine = list(selectors.voices_of(account_id=who.account_id, world=who.world))
    asked = selectors.grants_of_owner(account_id=who.account_id, state=GrantState.REQUESTED).filter(world=who.world)
    return render(
        request,
        "web/owner/voices.html",
        {
            "voices": [voice for voice in mine if voice.state not in _ENDED],
            "ended": [voice for voice in mine if voice.state in _ENDED],
            "asked": asked,
            "form": form,
        },
    )


@require_GET
@page
def voice(request: HttpRequest, voice_id: str) -> HttpResponse:
    """One voice: the next step, what apps ask for, and what it sounds like."""
    who = person(request)
    found = selectors.voice_get(account_id=who.account_id, voice_id=voice_id)
    consents = list(selectors.consents_of(account_id=who.account_id, voice_id=voice_id))
    enrolments = list(selectors.enrolments_of(account_id=who.account_id, voice_id=voice_id))
    grants = selectors.grants_of_owner(account_id=who.account_id).filter(voice_id=voice_id)
    uses = spoken.uses_of_account(account_id=who.account_id, voice_id=voice_id)
    return render(
        request,
        "web/owner/voice.html",
        {
            "voice": found,
            "tab": "voice",
            "step": _next_step(found, consents, enrolments),
            "consent": next((one for one in consents if one.state in OPEN_CONSENT), None),
            "enrolment": next((one for one in enrolments if one.state in OPEN_ENROLMENT), None),
            "consent_form": ConsentForm(),
            "listen_form": ListenForm(),
            "asked": grants.filter(state=GrantState.REQUESTED),
            "active": grants.filter(state=GrantState.ACTIVE).count(),
            "uses": len(uses),
            "versions": selectors.voice_models_of(account_id=who.account_id, voice_id=voice_id),
        },
    )


@require_POST
@page
def version(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Use another trained version from now on."""
    who = person(request)
    number = request.POST.get("version", "")
    if not number.isdecimal() or len(number) > 9:
        raise Http404
    services.voice_model_roll_back(account_id=who.account_id, voice_id=voice_id, version=int(number))
    return redirect("voice", voice_id)


def _next_step(voice: Voice, consents: list[Consent], enrolments: list[Enrolment]) -> str:
    """The one thing that comes next, as a code for the template; empty when nothing does."""
    if voice.state in _ENDED:
        return str(voice.state)
    states = {consent.state for consent in consents}
    if ConsentState.ACTIVE not in states:
        if states & {ConsentState.DRAFT, ConsentState.CHALLENGED}:
            return "record"
        if states & {ConsentState.SUBMITTED, ConsentState.VERIFYING, ConsentState.NEEDS_REVIEW}:
            return "wait"
        return "consent"
    for enrolment in enrolments:
        if enrolment.state in OPEN_ENROLMENT:
            return "read" if enrolment.state == EnrolmentState.COLLECTING else "train"
    return "" if voice.state in {VoiceState.READY, VoiceState.SUSPENDED} else "enrol"


@require_GET
@page
def ending(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Pausing, revoking, erasing: what each means."""
    found = selectors.voice_get(account_id=person(request).account_id, voice_id=voice_id)
    return render(
        request, "web/owner/ending.html", {"voice": found, "tab": "voice-ending", "offered": _offered(found.state)}
    )


@require_GET
@page
def end(request: HttpRequest, voice_id: str, action: str) -> HttpResponse:
    """What revoking or erasing means, once more, and the button that does it."""
    found = selectors.voice_get(account_id=person(request).account_id, voice_id=voice_id)
    titles = {"revoke": _("Revoke for good"), "erase": _("Erase")}
    if action not in titles or action not in _offered(found.state):
        raise Http404
    return render(
        request,
        "web/owner/voice_end.html",
        {"voice": found, "action": action, "title": titles[action], "tab": "voice-ending"},
    )


def _offered(state: str) -> set[str]:
    offered: dict[str, set[str]] = {
        VoiceState.PENDING: {"revoke"},
        VoiceState.READY: {"suspend", "revoke"},
        VoiceState.SUSPENDED: {"resume", "revoke"},
        VoiceState.REVOKED: {"erase"},
    }
    return offered.get(state, set())


@require_POST
@page
def act(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Pause, resume, revoke or erase."""
    who = person(request)
    verbs: dict[str, Any] = {
        "suspend": services.voice_suspend,
        "resume": services.voice_resume,
        "revoke": services.voice_revoke,
        "erase": services.voice_erase,
    }
    verb = verbs.get(request.POST.get("action", ""))
    if verb is not None:
        verb(account_id=who.account_id, voice_id=voice_id)
    return redirect("voice-ending", voice_id)
