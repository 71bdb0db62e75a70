"""API keys: created, rotated with overlap, revoked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from django.db import transaction

from audiokit.clock import now
from safeguards.audit import log
from safeguards.audit.events import EventType
from vivavoce.accounts import scopes as scope_lists
from vivavoce.accounts import selectors, tokens
from vivavoce.accounts.errors import Conflict, Forbidden, Invalid
from vivavoce.accounts.models import ApiKey, User
from vivavoce.accounts.principals import Anyone, AppPrincipal, SystemPrincipal

MAX_OVERLAP_SECONDS = 30 * 86_400
MAX_LIVE_KEYS = 50


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key's row, and the key itself, which is seen only here."""

    key: ApiKey
    token: str = field(repr=False)


def key_create(
    *,
    by: Anyone,
    organisation_id: str | None = None,
    account_id: str | None = None,
    world: str,
    name: str,
    scopes: Iterable[str],
    ip_list: Iterable[str] = (),
    expires_at: datetime | None = None,
) -> IssuedKey:
    """Make a key for an organisation (by its manager or its own key) or for a person (by that person).

    Raises:
        NotFound: the organisation or account is not the caller's to handle.
        Forbidden: ``world_mismatch``, ``scope_exceeds_own``: a key cannot make one that reaches further than itself.
        Invalid: ``scope_unknown``, ``scopes_empty``, ``role_missing``, ``ip_list_invalid``, ``expiry_in_past``, ``name_empty``, ``world_unknown``.
        Conflict: ``too_many_keys``.
    """
    if (organisation_id is None) == (account_id is None):
        raise ValueError("a key belongs to exactly one organisation or person")
    if world not in {"live", "sandbox"}:
        raise Invalid("world_unknown", "The world is either live or sandbox.")
    if organisation_id is not None:
        selectors.organisation_to_manage(by=by, organisation_id=organisation_id)
        wanted = scope_lists.check(scopes, scope_lists.APP)
    else:
        holder = selectors.account_to_manage(by=by, account_id=account_id or "")
        wanted = _person_scopes(holder, scopes)
    _within_own_reach(by, world, wanted)
    if not name.strip():
        raise Invalid("name_empty", "Give the key a name, so that you know it again.")
    if expires_at is not None and expires_at <= now():
        raise Invalid("expiry_in_past", "The expiry must lie in the future.")
    blocks = _ip_blocks(ip_list)
    token = tokens.make(world)
    with transaction.atomic():
        held = ApiKey.objects.filter(organisation_id=organisation_id, user_id=account_id, revoked_at=None)
        if held.count() >= MAX_LIVE_KEYS:
            raise Conflict("too_many_keys", f"There are {MAX_LIVE_KEYS} keys already; revoke one first.")
        key = ApiKey.objects.create(
            id=token.id,
            organisation_id=organisation_id,
            user_id=account_id,
            world=world,
            name=name.strip()[:80],
            secret_hash=tokens.digest(token),
            scopes=wanted,
            ip_list=blocks,
            expires_at=expires_at,
        )
        _record(EventType.API_KEY_CREATED, by, key, {"scopes": list(wanted), "holder": organisation_id or account_id})
    return IssuedKey(key, token.text)


def key_rotate(*, by: Anyone, key_id: str, overlap_seconds: int = 86_400) -> IssuedKey:
    """Make the successor of a key, with the same scopes, addresses and expiry; the old one keeps working for ``overlap_seconds``.

    Raises:
        NotFound: not the caller's key.
        Invalid: ``overlap_out_of_range``.
        Conflict: ``key_ended``, ``key_already_rotated``.
    """
    if not 0 <= overlap_seconds <= MAX_OVERLAP_SECONDS:
        raise Invalid("overlap_out_of_range", f"The overlap is between 0 and {MAX_OVERLAP_SECONDS} seconds.")
    old = selectors.key_to_manage(by=by, key_id=key_id)
    _within_own_reach(by, old.world, old.scopes)
    moment = now()
    end = moment + timedelta(seconds=overlap_seconds)
    token = tokens.make(old.world)
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().get(pk=old.pk)
        if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= moment):
            raise Conflict("key_ended", "This key has ended; create a new one.")
        if old.successor_id is not None:
            raise Conflict("key_already_rotated", "This key was rotated before; rotate its successor.")
        key = ApiKey.objects.create(
            id=token.id,
            organisation_id=old.organisation_id,
            user_id=old.user_id,
            world=old.world,
            name=old.name,
            secret_hash=tokens.digest(token),
            scopes=old.scopes,
            ip_list=old.ip_list,
            expires_at=old.expires_at,
        )
        old.successor = key
        old.expires_at = end if old.expires_at is None else min(end, old.expires_at)
        old.save(update_fields=["successor", "expires_at"])
        _record(EventType.API_KEY_ROTATED, by, old, {"successor": key.id, "overlap_seconds": overlap_seconds})
    return IssuedKey(key, token.text)


def key_revoke(*, by: Anyone, key_id: str) -> ApiKey:
    """End a key at once. A key may always end itself, whatever its scopes. Revoking twice changes nothing.

    Raises:
        NotFound: not the caller's key.
    """
    key = selectors.key_to_manage(by=by, key_id=key_id)
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now()):
            _record(EventType.API_KEY_REVOKED, by, key, {})
    key.refresh_from_db()
    return key


def _record(event: EventType, by: Anyone, key: ApiKey, body: dict[str, Any]) -> None:
    log.append(event, actor=by.actor, subject=f"key:{key.id}", world=key.world, body=body)


def _within_own_reach(by: Anyone, world: str, scopes: Iterable[str]) -> None:
    """Credentials that are a key hand on at most what they hold; a session or the machine's operator is not bounded by scopes."""
    if isinstance(by, SystemPrincipal) or by.key_id is None:
        return
    if world != by.world:
        raise Forbidden("world_mismatch", "A key makes and rotates only keys of its own world.")
    # A person's key with the scope ``organisations`` hands out app scopes, which are another list than its own.
    same_list = isinstance(by, AppPrincipal) or not set(scopes) <= set(scope_lists.APP)
    if same_list and not set(scopes) <= by.scopes:
        raise Forbidden("scope_exceeds_own", "A key cannot make a key that reaches further than itself.")


def _person_scopes(holder: User, scopes: Iterable[str]) -> list[str]:
    wanted = scope_lists.check(scopes, scope_lists.PERSON)
    if ("audit" in wanted and not holder.is_auditor) or ("operate" in wanted and not holder.is_operator):
        raise Invalid("role_missing", "This account is not marked for that role; the platform's operator does that.")
    return wanted


def _ip_blocks(ip_list: Iterable[str]) -> list[str]:
    try:
        return [str(ip_network(block.strip(), strict=False)) for block in ip_list]
    except ValueError as error:
        raise Invalid("ip_list_invalid", "Write addresses as CIDR blocks, such as 203.0.113.0/24.") from error
