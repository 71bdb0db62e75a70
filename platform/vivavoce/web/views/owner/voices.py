"""The owner's voices: what they are, who uses them, and how to stop it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from synthesis import selectors as spoken
from vivavoce.web.forms import ConsentForm, VoiceForm
from vivavoce.web.session import page, person
from voices import selectors, services
from voices.states import ConsentState, EnrolmentState, VoiceState

_OPEN_CONSENT = [
    ConsentState.DRAFT,
    ConsentState.CHALLENGED,
    ConsentState.SUBMITTED,
    ConsentState.VERIFYING,
    ConsentState.NEEDS_REVIEW,
    ConsentState.ACTIVE,
]
_OPEN_ENROLMENT = [EnrolmentState.COLLECTING, EnrolmentState.SCREENING, EnrolmentState.QUEUED, EnrolmentState.TRAINING]


@require_http_methods(["GET", "POST"])
@page
def voices(request: HttpRequest) -> HttpResponse:
    """All voices of this person in this world; a form for the next one."""
    who = person(request)
    owner = selectors.owners_of(account_id=who.account_id, world=who.world).filter(erased_at=None).first()
    form = VoiceForm(request.POST or None)
    if owner is not None:
        del form.fields["name"]
    if request.method == "POST" and form.is_valid():
        if owner is None:
            owner = services.owner_register(account_id=who.account_id, world=who.world, name=form.cleaned_data["name"])
        made = services.voice_create(account_id=who.account_id, owner_id=owner.pk, label=form.cleaned_data["label"])
        return redirect("voice", made.pk)
    mine = selectors.voices_of(account_id=who.account_id, world=who.world)
    return render(request, "web/owner/voices.html", {"voices": mine, "form": form})


@require_GET
@page
def voice(request: HttpRequest, voice_id: str) -> HttpResponse:
    """One voice with its consents, grants and uses."""
    who = person(request)
    found = selectors.voice_get(account_id=who.account_id, voice_id=voice_id)
    consents = list(selectors.consents_of(account_id=who.account_id, voice_id=voice_id).order_by("-created_at"))
    enrolments = list(selectors.enrolments_of(account_id=who.account_id, voice_id=voice_id).order_by("-created_at"))
    live = found.state not in {VoiceState.REVOKED, VoiceState.ERASED}
    grants = (
        selectors.grants_of_owner(account_id=who.account_id).filter(voice_id=voice_id).select_related("organisation")
    )
    return render(
        request,
        "web/owner/voice.html",
        {
            "voice": found,
            "consents": consents,
            "open_consent_states": _OPEN_CONSENT,
            "may_draft": live and not any(consent.state in _OPEN_CONSENT for consent in consents),
            "consent_form": ConsentForm(),
            "enrolments": enrolments,
            "may_enrol": any(consent.state == ConsentState.ACTIVE for consent in consents)
            and not any(enrolment.state in _OPEN_ENROLMENT for enrolment in enrolments),
            "grants": grants.order_by("-created_at"),
            "uses": [use for use in spoken.uses_of_account(account_id=who.account_id) if use.voice_id == voice_id],
            "actions": _actions(found.state),
        },
    )


def _actions(state: str) -> list[dict[str, object]]:
    offered: list[dict[str, object]] = []
    if state == VoiceState.READY:
        offered.append({"name": "suspend", "label": _("Pause"), "danger": False})
    if state == VoiceState.SUSPENDED:
        offered.append({"name": "resume", "label": _("Resume"), "danger": False})
    if state in {VoiceState.PENDING, VoiceState.READY, VoiceState.SUSPENDED}:
        offered.append({"name": "revoke", "label": _("Revoke for good"), "danger": True})
    if state == VoiceState.REVOKED:
        offered.append({"name": "erase", "label": _("Erase"), "danger": True})
    return offered


@require_GET
@page
def end(request: HttpRequest, voice_id: str, action: str) -> HttpResponse:
    """What revoking or erasing means, and the button that does it."""
    found = selectors.voice_get(account_id=person(request).account_id, voice_id=voice_id)
    offered = {str(item["name"]): item["label"] for item in _actions(found.state) if item["danger"]}
    if action not in offered:
        raise Http404
    return render(request, "web/owner/voice_end.html", {"voice": found, "action": action, "title": offered[action]})


@require_POST
@page
def act(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Pause, resume, revoke or erase."""
    who = person(request)
    verbs = {
        "suspend": services.voice_suspend,
        "resume": services.voice_resume,
        "revoke": services.voice_revoke,
        "erase": services.voice_erase,
    }
    verb = verbs.get(request.POST.get("action", ""))
    if verb is not None:
        verb(account_id=who.account_id, voice_id=voice_id)
    return redirect("voice", voice_id)


@require_POST
@page
def decide(request: HttpRequest, grant_id: str) -> HttpResponse:
    """Approve, decline or revoke an app's grant."""
    who = person(request)
    verbs = {
        "approve": services.grant_approve,
        "decline": services.grant_decline,
        "revoke": services.grant_revoke,
    }
    grant = selectors.grant_get_as_owner(account_id=who.account_id, grant_id=grant_id)
    verb = verbs.get(request.POST.get("decision", ""))
    if verb is not None:
        verb(account_id=who.account_id, grant_id=grant_id)
    return redirect("voice", grant.voice_id)
