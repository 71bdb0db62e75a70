"""Who is signed in, in which world; and domain errors turned into pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from audiokit import AudioError
from safeguards.errors import Refusal
from synthesis.errors import RequestInvalid
from vivavoce.accounts import errors as account_errors
from vivavoce.accounts import scopes
from vivavoce.accounts.models import User
from vivavoce.accounts.principals import PersonPrincipal
from voices import errors as voice_errors
from voices.states import World

View = Callable[..., HttpResponseBase]
WORLD_KEY = "world"
# First part of an address -> entry in the navigation, where the two differ.
_SECTIONS = {
    "consents": "voices",
    "enrolments": "voices",
    "grants": "voices",
    "reviews": "operation",
    "log": "audit",
    "proofs": "audit",
}
_ABSENT = (voice_errors.NotFound, account_errors.NotFound, ObjectDoesNotExist)
_REFUSED = (
    Refusal,
    AudioError,
    RequestInvalid,
    voice_errors.Conflict,
    voice_errors.Invalid,
    account_errors.Conflict,
    account_errors.Invalid,
    account_errors.Forbidden,
)


def world_of(request: HttpRequest) -> str:
    """The world this browser works in; live until the person enters the sandbox."""
    return str(request.session.get(WORLD_KEY, World.LIVE))


def context(request: HttpRequest) -> dict[str, str]:
    """Template context: the world (its banner is on every page), and the section whose entry in the navigation is marked."""
    first = request.path.strip("/").partition("/")[0]
    return {"world": world_of(request), "section": _SECTIONS.get(first, first)}


def person(request: HttpRequest) -> PersonPrincipal:
    """The signed-in person as the services know one."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return PersonPrincipal(
        account_id=user.pk,
        world=world_of(request),
        key_id=None,
        scopes=frozenset(scopes.PERSON),
        is_auditor=user.is_auditor,
        is_operator=user.is_operator,
    )


def sentence(error: Exception) -> str:
    """What the person is told."""
    return str(getattr(error, "sentence", None) or getattr(error, "detail", None) or error)


def page(view: View) -> View:
    """A page for signed-in people. A stranger's object is 404; a refusal becomes a message where the person was, the partial's text, or a page."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except _ABSENT as error:
            raise Http404 from error
        except _REFUSED as error:
            if request.headers.get("HX-Request"):
                return render(request, "web/parts/problem.html", {"sentence": sentence(error)}, status=422)
            if request.method == "GET":  # sending it back to where it came from would go round for ever
                return render(request, "web/refused.html", {"sentence": sentence(error)}, status=409)
            messages.error(request, sentence(error))
            return redirect(_back(request))

    return login_required(wrapped)


def _back(request: HttpRequest) -> str:
    """The page the form was on, if it was ours; never an address from elsewhere."""
    referer = request.headers.get("Referer", "")
    prefix = f"{request.scheme}://{request.get_host()}/"
    return "/" + referer.removeprefix(prefix) if referer.startswith(prefix) else "/"
