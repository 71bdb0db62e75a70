"""What a key may be used for. A scope only ever narrows: roles, memberships and the gate decide by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vivavoce.accounts.errors import Invalid

APP: Mapping[str, str] = {
    "voices": "See the voices this organisation holds a grant for.",
    "grants": "Ask for grants, read them, give them up.",
    "synthesis": "Request speech and cancel requests.",
    "clips": "List, download and delete this organisation's clips.",
    "verify": "Have clips verified and analysed.",
    "webhooks": "Set up webhook endpoints and read their deliveries.",
    "keys": "Create, rotate and revoke this organisation's keys.",
}
PERSON: Mapping[str, str] = {
    "owner": "Act as voice owner: consents, recordings, voices, approval of grants, erasure.",
    "organisations": "Handle the organisations this person is a manager of.",
    "verify": "Have clips verified and analysed.",
    "audit": "Act as auditor (only for accounts marked as auditors).",
    "operate": "Act as operator: reviews, protected voices (only for accounts marked as operators).",
    "keys": "Create, rotate and revoke this person's keys.",
}


def check(scopes: Iterable[str], allowed: Mapping[str, str]) -> list[str]:
    """The scopes, sorted and without doubles.

    Raises:
        Invalid: ``scope_unknown``, ``scopes_empty``.
    """
    wanted = sorted(set(scopes))
    if not wanted:
        raise Invalid("scopes_empty", "A key needs at least one scope.")
    unknown = [scope for scope in wanted if scope not in allowed]
    if unknown:
        raise Invalid("scope_unknown", f"There is no scope {unknown[0]!r} here; there are {', '.join(allowed)}.")
    return wanted
