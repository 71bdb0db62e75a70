"""From a presented API key to a principal."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.db.models import Q

from audiokit.clock import now
from vivavoce.accounts import scopes, tokens
from vivavoce.accounts.errors import KeyRefused
from vivavoce.accounts.models import ApiKey, User
from vivavoce.accounts.principals import AppPrincipal, PersonPrincipal, Principal

_TOUCH_EVERY = timedelta(minutes=1)  # a write per request would be the dearest part of most requests


def by_key(text: str, *, address: str) -> Principal:
    """The principal behind a key.

    (1) form and checksum, without the database; (2) the row; (3) the secret, in constant time, also when there is no row; (4) only then,
    to somebody who holds the key, revocation, expiry, account and address list are told apart.

    Args:
        text: as presented.
        address: the caller's IP address.

    Raises:
        KeyRefused: ``key_invalid``, ``key_revoked``, ``key_expired``, ``key_address_refused``.
    """
    token = tokens.parse(text)
    key = ApiKey.objects.select_related("user").filter(pk=token.id, world=token.world).first()
    tokens.check(token, None if key is None else key.secret_hash)
    if key is None:
        raise KeyRefused
    moment = now()
    if key.revoked_at is not None:
        raise KeyRefused("key_revoked", "This API key was revoked.")
    if key.expires_at is not None and key.expires_at <= moment:
        raise KeyRefused("key_expired", "This API key has expired or was replaced by its successor.")
    if key.ip_list and not _listed(address, key.ip_list):
        raise KeyRefused("key_address_refused", "This API key may not be used from this address.")
    stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - _TOUCH_EVERY)
    if key.last_used_at is None or key.last_used_at < moment - _TOUCH_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=moment)
    return _principal(key)


def by_session(user: User, *, world: str) -> PersonPrincipal:
    """The principal of somebody who is signed in; every scope, narrowed by nothing but roles."""
    return PersonPrincipal(
        account_id=user.pk,
        world=world,
        key_id=None,
        scopes=frozenset(scopes.PERSON),
        is_auditor=user.is_auditor,
        is_operator=user.is_operator,
    )


def _principal(key: ApiKey) -> Principal:
    held = frozenset(key.scopes)
    if key.organisation_id is not None:
        return AppPrincipal(key.organisation_id, key.world, key.pk, held)
    user = key.user
    if user is None or not user.is_active:
        raise KeyRefused
    return PersonPrincipal(user.pk, key.world, key.pk, held, user.is_auditor, user.is_operator)


def _listed(address: str, blocks: list[str]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any(candidate in ip_network(block) for block in blocks for candidate in (found, mapped) if candidate)
