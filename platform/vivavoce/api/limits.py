"""Rate limits by the generic cell rate algorithm, one row per caller, so that replicas share them.

Headers as in draft-ietf-httpapi-ratelimit-headers-10: ``RateLimit-Policy: "key";q=600;w=60`` and ``RateLimit: "key";r=599;t=1``.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from audiokit.clock import now
from vivavoce.api.models import RateBucket
from vivavoce.api.problems import Problem

# One statement, so that two requests at once cannot both take the last token. No row comes back when the bucket is empty.
_TAKE = """
INSERT INTO api_ratebucket (key, arrival) VALUES (%(key)s, %(now)s + %(step)s)
ON CONFLICT (key) DO UPDATE
SET arrival = CASE WHEN api_ratebucket.arrival > %(now)s THEN api_ratebucket.arrival ELSE %(now)s END + %(step)s
WHERE CASE WHEN api_ratebucket.arrival > %(now)s THEN api_ratebucket.arrival ELSE %(now)s END + %(step)s <= %(now)s + %(window)s
RETURNING arrival
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """``quota`` requests per ``window`` seconds, all at once if the caller likes."""

    name: str
    quota: int
    window: int = 60


def by_key() -> Policy:
    """For callers with credentials."""
    return Policy("key", settings.VIVAVOCE_RATE_PER_MINUTE)


def by_address() -> Policy:
    """For the public, which pays for analysis with patience."""
    return Policy("public", settings.VIVAVOCE_PUBLIC_RATE_PER_MINUTE)


def take(request: HttpRequest, caller: str, policy: Policy) -> None:
    """Take one token of ``caller``'s bucket and note the headers for the response.

    Raises:
        Problem: 429 ``rate_limited`` with ``Retry-After``.
    """
    moment = now().timestamp()
    step = policy.window / policy.quota
    key = hashlib.sha256(f"{policy.name}\x00{caller}".encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": key, "now": moment, "step": step, "window": float(policy.window)})
        row = cursor.fetchone()
    headers = {"RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={policy.window}'}
    request.limit_headers = headers  # type: ignore[attr-defined]
    if row is not None:
        used = row[0] - moment
        headers["RateLimit"] = f'"{policy.name}";r={int((policy.window - used) / step + 1e-6)};t={math.ceil(used)}'
        return
    full_again = RateBucket.objects.values_list("arrival", flat=True).filter(pk=key).first() or moment
    wait = max(1, math.ceil(full_again + step - policy.window - moment))
    headers["RateLimit"] = f'"{policy.name}";r=0;t={wait}'
    raise Problem(429, "rate_limited", f"Too many requests; try again in {wait} s.", headers={"Retry-After": str(wait)})


def address(request: HttpRequest) -> str:
    """A caller's IP address as a bucket name. Keyed and one-way: the table holds no address."""
    pepper = "".join(settings.VIVAVOCE_KEY_PEPPER).encode()
    return hmac.new(pepper, remote(request).encode(), "sha256").hexdigest()


def remote(request: HttpRequest) -> str:
    """The peer's address. Behind a proxy the ASGI server is told whose ``X-Forwarded-For`` to believe; we never read that header."""
    return str(request.META.get("REMOTE_ADDR", ""))


def forget_full() -> int:
    """Drop buckets that are full again; returns how many."""
    return RateBucket.objects.filter(arrival__lt=now().timestamp()).delete()[0]
