"""Borderline consents: two operators look at the evidence, each for themself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from safeguards.errors import Refusal
from vivavoce.operations.thresholds import lines
from vivavoce.web.operator_forms import ReviewForm
from vivavoce.web.roles import operator_page
from vivavoce.web.session import person, sentence
from voices import selectors, services
from voices.errors import Conflict
from voices.states import ConsentState


@require_GET
@operator_page
def reviews(request: HttpRequest) -> HttpResponse:
    """The queue: what waits for this person, and what they judged and waits for another."""
    operator_id = person(request).account_id
    shown = {
        "waiting": [_item(row) for row in selectors.consents_for_review(operator_id=operator_id)],
        "judged": [_item(row) for row in selectors.consents_judged_by(operator_id=operator_id)],
    }
    return render(request, "web/operator/reviews.html", shown)


@require_GET
@operator_page
def review(request: HttpRequest, consent_id: str) -> HttpResponse:
    """One consent: recording and words on one side, every score beside its threshold on the other."""
    operator_id = person(request).account_id
    consent = selectors.consent_for_review(operator_id=operator_id, consent_id=consent_id)
    stored = consent.evidence or {}
    evidence, policy = stored.get("evidence") or {}, stored.get("policy") or {}
    votes = selectors.reviews_of(consent=consent)
    return render(
        request,
        "web/operator/review.html",
        {
            "consent": consent,
            "codes": stored.get("review") or [],
            "lines": lines(evidence, policy),
            "words": (evidence.get("challenge") or {}).get("words") or [],
            "asked": evidence.get("asked") or {},
            "policy": policy,
            "approvals": votes.filter(approve=True).count(),
            "mine": votes.filter(reviewer_id=operator_id).first(),
            "recording": bool(consent.recording and consent.recording.blob),
            "form": ReviewForm(),
        },
    )


@require_GET
@operator_page
def recording(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The recording, to the reviewer alone; the log says who listened."""
    data = services.review_listen(operator_id=person(request).account_id, consent_id=consent_id)
    answer = HttpResponse(data, content_type="audio/flac")
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = "inline"
    return answer


@require_POST
@operator_page
def vote(request: HttpRequest, consent_id: str) -> HttpResponse:
    """Approve or refuse, with a reason; the second approval activates."""
    form = ReviewForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Say in a sentence why."))
        return redirect("review", consent_id)
    try:
        consent = services.review_vote(
            operator_id=person(request).account_id,
            consent_id=consent_id,
            approve=request.POST.get("vote") == "approve",
            reason=form.cleaned_data["reason"],
        )
    except (
        Conflict,
        Refusal,
    ) as error:  # judged twice, decided meanwhile, or refused by the gate: its page may be gone
        messages.error(request, sentence(error))
        return redirect("reviews")
    said = {
        ConsentState.ACTIVE: gettext("Two people agreed: the consent is active."),
        ConsentState.REJECTED: gettext("The consent is refused."),
    }
    messages.success(
        request, said.get(ConsentState(consent.state), gettext("Your judgement is noted; another person must agree."))
    )
    return redirect("reviews")


def _item(consent: object) -> dict[str, object]:
    evidence = getattr(consent, "evidence", None) or {}
    return {"consent": consent, "codes": evidence.get("review") or []}
