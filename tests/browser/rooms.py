"""A page of every kind that the console has: who sees it, in which world, and where. What stands in braces comes from ``furnished``."""

from __future__ import annotations

from typing import NamedTuple


class Room(NamedTuple):
    """One kind of page."""

    name: str
    address: str
    who: str = ""  # the account that opens it; empty for anybody
    world: str = "live"


def _owner(name: str, address: str) -> Room:
    return Room(name, address, "resident", "sandbox")


def _developer(name: str, address: str) -> Room:
    return Room(name, "/apps/" + address, "builder", "sandbox")


ROOMS = [
    Room("home", "/"),
    Room("check", "/check/"),
    Room("check-answer", "{check}"),
    Room("bundle", "/proofs/"),
    Room("reference", "/v1/docs"),
    Room("sign-in", "/accounts/login/"),
    Room("sign-up", "/accounts/signup/"),
    Room("forgotten-password", "/accounts/password/reset/"),
    Room("nothing-there", "/nothing/"),
    Room("home-signed-in", "/", "resident"),
    Room("sign-in-security", "/accounts/2fa/", "resident"),
    Room("email", "/accounts/email/", "resident"),
    Room("password", "/accounts/password/change/", "resident"),
    Room("sign-out", "/accounts/logout/", "resident"),
    Room("voices-empty", "/voices/", "builder"),
    _owner("voices", "/voices/"),
    _owner("voice-scope", "/voices/{pending}/"),
    _owner("voice-record", "/voices/{record}/"),
    _owner("voice-enrol", "/voices/{enrol}/"),
    _owner("voice-read", "/voices/{read}/"),
    _owner("voice-train", "/voices/{train}/"),
    _owner("voice-ready", "/voices/{ready}/"),
    _owner("voice-paused", "/voices/{paused}/"),
    _owner("voice-ended", "/voices/{ended}/"),
    _owner("voice-erased", "/voices/{erased}/"),
    _owner("voice-grants", "/voices/{ready}/grants/"),
    _owner("voice-grants-none", "/voices/{pending}/grants/"),
    _owner("voice-clips", "/voices/{ready}/clips/"),
    _owner("voice-clips-none", "/voices/{pending}/clips/"),
    _owner("voice-consents", "/voices/{ready}/consents/"),
    _owner("voice-ending", "/voices/{ready}/end/"),
    _owner("voice-revoke", "/voices/{ready}/end/revoke/"),
    _owner("voice-erase", "/voices/{ended}/end/erase/"),
    _owner("consent-statement", "/consents/{draft}/"),
    _owner("consent-words", "/consents/{asked}/"),
    _owner("consent-holds", "/consents/{agreed}/"),
    _owner("consent-refused", "/consents/{refused}/"),
    _owner("reading", "/enrolments/{reading}/"),
    _owner("training", "/enrolments/{training}/"),
    Room("apps-none", "/apps/", "resident", "sandbox"),
    _developer("apps", ""),
    _developer("app-usage", "{app}/"),
    Room("app-usage-none", "/apps/{app}/", "builder"),
    _developer("app-playground", "{app}/playground/"),
    Room("app-playground-none", "/apps/{app}/playground/", "builder"),
    _developer("app-request", "{app}/playground/{request}/"),
    _developer("app-grants", "{app}/grants/"),
    _developer("app-keys", "{app}/keys/"),
    _developer("app-webhooks", "{app}/webhooks/"),
    _developer("app-endpoint", "{app}/webhooks/{endpoint}/"),
    _developer("app-members", "{app}/members/"),
    Room("audit", "/audit/", "auditor"),
    Room("audit-answer", "{audit}", "auditor"),
    Room("log", "/log/", "auditor"),
    Room("log-nothing-fits", "/log/?subject=nobody:0", "auditor"),
    Room("log-entry", "/log/entries/3/", "auditor"),
    Room("checkpoints", "/log/checkpoints/", "auditor"),
    Room("operation", "/operation/", "operator"),
    Room("reviews", "/reviews/", "operator"),
    Room("review", "/reviews/{review}/", "operator"),
    Room("policy", "/operation/policy/", "operator"),
    Room("protected", "/operation/protected/", "operator"),
    Room("queues", "/operation/queues/", "operator"),
    Room("retention", "/operation/retention/", "operator"),
    Room("keys", "/operation/keys/", "operator"),
]
