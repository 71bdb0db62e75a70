"""Pages of auditors and operators: for everybody else they are not there."""

from __future__ import annotations

from functools import wraps

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from vivavoce.web.session import View, page, person


def auditor_page(view: View) -> View:
    """For auditors."""

    @page
    @wraps(view)
    def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        if not person(request).is_auditor:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


def operator_page(view: View) -> View:
    """For operators."""

    @page
    @wraps(view)
    def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        if not person(request).is_operator:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


def public_form(view: View) -> View:
    """A form that anybody may send: it takes a token of the address's bucket before it runs; see ``vivavoce.api.middleware``."""
    view.public_form = True  # type: ignore[attr-defined]  # a mark on the function, read by the middleware
    return view


def limited(request: HttpRequest) -> int | None:
    """Seconds to wait when the caller's bucket is empty, else None."""
    return getattr(request, "limited_for", None)
