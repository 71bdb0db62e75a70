"""Credentials of a request: an API key as Bearer token or ``xi-api-key`` header, or the session of a signed-in person.

A key that is presented and wrong ends the request; the next credential is tried only when one is absent. Sessions pass Django's CSRF check
on every unsafe method. Each request takes one token of its caller's bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.security import APIKeyCookie, APIKeyHeader, HttpBearer

from vivavoce.accounts import authenticate
from vivavoce.accounts.models import User
from vivavoce.accounts.principals import AppPrincipal, PersonPrincipal, Principal
from vivavoce.api import limits
from vivavoce.api.problems import Problem

WORLD_HEADER = "Vivavoce-World"


@dataclass(frozen=True, slots=True)
class PublicPrincipal:
    """Nobody in particular."""

    world: str = "live"


class ApiRequest(HttpRequest):
    """A request that passed ``CREDENTIALS``."""

    auth: Principal


class OpenRequest(HttpRequest):
    """A request that passed ``CREDENTIALS_OR_PUBLIC``."""

    auth: Principal | PublicPrincipal


def _admit(request: HttpRequest, principal: Principal) -> Principal:
    limits.take(request, principal.key_id or principal.id, limits.by_key())
    return principal


class BearerKey(HttpBearer):
    """``Authorization: Bearer vv_…``."""

    def authenticate(self, request: HttpRequest, token: str) -> Principal:
        """See the module."""
        return _admit(request, authenticate.by_key(token, address=limits.remote(request)))


class HeaderKey(APIKeyHeader):
    """``xi-api-key: vv_…``, as ElevenLabs clients send it."""

    param_name = "xi-api-key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Principal | None:
        """See the module."""
        return None if key is None else _admit(request, authenticate.by_key(key, address=limits.remote(request)))


class SessionCookie(APIKeyCookie):
    """A signed-in person; ``Vivavoce-World: sandbox`` acts in the sandbox."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any | None:
        """Look at the session only where there is one, so that the CSRF check does not answer for a missing key."""
        if self.param_name not in request.COOKIES:
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Principal | None:  # noqa: ARG002 -- the session middleware has read it
        """See the module."""
        user: User | AnonymousUser = request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        world = request.headers.get(WORLD_HEADER, "live")
        if world not in {"live", "sandbox"}:
            raise Problem(422, "world_unknown", f"{WORLD_HEADER} is either live or sandbox.")
        return _admit(request, authenticate.by_session(user, world=world))


def public(request: HttpRequest) -> PublicPrincipal:
    """Last in a list: whoever has no credentials, at a low rate by address."""
    limits.take(request, limits.address(request), limits.by_address())
    return PublicPrincipal()


CREDENTIALS = [BearerKey(), HeaderKey(), SessionCookie()]
CREDENTIALS_OR_PUBLIC = [*CREDENTIALS, public]

__all__ = [
    "CREDENTIALS",
    "CREDENTIALS_OR_PUBLIC",
    "ApiRequest",
    "AppPrincipal",
    "OpenRequest",
    "PersonPrincipal",
    "PublicPrincipal",
]
