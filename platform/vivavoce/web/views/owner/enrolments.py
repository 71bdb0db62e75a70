"""Reading sentences aloud until there is enough to learn from."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from safeguards.gate import policy_for
from synthesis.controls import STYLED_ENGINES
from synthesis.selectors import training_progress
from vivavoce.web.checks import Check, take_checks
from vivavoce.web.forms import manners
from vivavoce.web.reasons import in_words
from vivavoce.web.session import page, person
from vivavoce.web.uploads import recording
from voices import selectors, services
from voices.models import Enrolment, Take
from voices.prompts import SCRIPT_LENGTH, enrolment_prompts, phone_coverage
from voices.states import EnrolmentState

MIN_SECONDS = 20.0
GOOD_SECONDS = 60.0


class ShownTake(NamedTuple):
    """What the page says of a take."""

    id: str
    state: str
    text: str
    refusal: str
    seconds: float
    checks: list[Check]


_RUNNING = {EnrolmentState.SCREENING, EnrolmentState.QUEUED, EnrolmentState.TRAINING}


@require_POST
@page
def start(request: HttpRequest, voice_id: str) -> HttpResponse:
    """Open an enrolment under the active consent."""
    made = services.enrolment_start(account_id=person(request).account_id, voice_id=voice_id)
    return redirect("enrolment", made.pk)


@require_GET
@page
def enrolment(request: HttpRequest, enrolment_id: str) -> HttpResponse:
    """The next sentence and the takes so far; resumes wherever the person left."""
    found = selectors.enrolment_get(account_id=person(request).account_id, enrolment_id=enrolment_id)
    return render(request, "web/owner/enrolment.html", _shown(found))


@require_GET
@page
def takes(request: HttpRequest, enrolment_id: str) -> HttpResponse:
    """The list of takes, polled while checks or training run."""
    found = selectors.enrolment_get(account_id=person(request).account_id, enrolment_id=enrolment_id)
    return render(request, "web/owner/parts/takes.html", _shown(found))


@require_POST
@page
def take_add(request: HttpRequest, enrolment_id: str) -> HttpResponse:
    """One reading."""
    who = person(request)
    services.take_add(
        account_id=who.account_id,
        enrolment_id=enrolment_id,
        data=recording(request),
        transcript=request.POST.get("transcript", ""),
        style=request.POST.get("style", ""),
    )
    if not request.headers.get("HX-Request"):
        return redirect("enrolment", enrolment_id)
    found = selectors.enrolment_get(account_id=who.account_id, enrolment_id=enrolment_id)
    return render(request, "web/owner/parts/take_taken.html", _shown(found))


@require_POST
@page
def take_again(request: HttpRequest, enrolment_id: str, take_id: str) -> HttpResponse:
    """Take one reading out; its sentence comes up again."""
    services.take_withdraw(account_id=person(request).account_id, take_id=take_id)
    return redirect("enrolment", enrolment_id)


@require_POST
@page
def submit(request: HttpRequest, enrolment_id: str) -> HttpResponse:
    """Hand the readings over for screening and training."""
    services.enrolment_submit(account_id=person(request).account_id, enrolment_id=enrolment_id)
    return redirect("enrolment", enrolment_id)


@require_POST
@page
def abort(request: HttpRequest, enrolment_id: str) -> HttpResponse:
    """Give up these readings."""
    ended = services.enrolment_abort(account_id=person(request).account_id, enrolment_id=enrolment_id)
    return redirect("voice", ended.voice_id)


def _shown(found: Enrolment) -> dict[str, Any]:
    rows = list(selectors.takes_of(enrolment=found).order_by("created_at"))
    shown = [_take(row) for row in rows]
    read = {take.text for take in shown if take.state != Take.State.REJECTED}
    refused = {take.text for take in shown if take.state == Take.State.REJECTED} - read
    prompts = enrolment_prompts(found.voice.language)
    left = [prompt for prompt in prompts if prompt not in read]
    accepted = [take for take in shown if take.state == Take.State.ACCEPTED]
    seconds = sum(take.seconds for take in accepted)
    checking = any(take.state == Take.State.CHECKING for take in shown)
    fewest = policy_for(found.world).takes_fewest
    script = min(SCRIPT_LENGTH, len(prompts))
    return {
        "enrolment": found,
        "takes": _latest(shown, read),
        "prompt": left[0] if left else None,
        "number": prompts.index(left[0]) + 1 if left else 0,
        "script": script,
        "read": len(read),
        "beyond": bool(left) and prompts.index(left[0]) >= script,
        "retry": bool(left) and left[0] in refused,
        "manners": manners() if found.voice.engine in STYLED_ENGINES else None,
        "manner": rows[-1].style if rows else "",
        "training": training_progress(enrolment_id=found.pk),
        "coverage": phone_coverage(found.voice.language, [take.text for take in accepted]),
        "least_seconds": MIN_SECONDS,
        "good_seconds": GOOD_SECONDS,
        "accepted_seconds": seconds,
        "may_submit": seconds >= MIN_SECONDS and len(accepted) >= fewest and not checking,
        "checking": checking,
        "pending": checking or found.state in _RUNNING,
    }


def _latest(shown: list[ShownTake], read: set[str]) -> list[ShownTake]:
    """Newest first; of a refused reading only the last of its sentence, and none once the sentence was read anew: the others are no longer of interest."""
    refused: set[str] = set()
    kept = []
    for take in reversed(shown):
        if not take.text:
            continue
        if take.state == Take.State.REJECTED:
            if take.text in read | refused:
                continue
            refused.add(take.text)
        kept.append(take)
    return kept


def _take(row: Take) -> ShownTake:
    return ShownTake(
        id=row.pk,
        state=row.state,
        text=selectors.take_transcript(take=row),
        refusal=in_words(row.refusal_code, row.refusal_detail) if row.refusal_code else "",
        seconds=row.recording.seconds,
        checks=take_checks(row),
    )
