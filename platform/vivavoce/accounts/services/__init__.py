"""What can happen to people, organisations and keys. Keyword-only; one call is one transaction with its audit entry.

    key_create(*, by: Anyone, organisation_id: str | None = None, account_id: str | None = None, world: str, name: str,
               scopes: Iterable[str], ip_list: Iterable[str] = (), expires_at: datetime | None = None) -> IssuedKey
    key_rotate(*, by: Anyone, key_id: str, overlap_seconds: int = 86400) -> IssuedKey
    key_revoke(*, by: Anyone, key_id: str) -> ApiKey
    organisation_create(*, by: PersonPrincipal | SystemPrincipal, name: str, manager_id: str | None = None) -> Organisation
    member_add(*, by: Anyone, organisation_id: str, email: str, role: str) -> Membership
    organisation_personal(*, person: PersonPrincipal) -> Organisation
    member_change(*, by: Anyone, organisation_id: str, account_id: str, role: str) -> Membership
    member_remove(*, by: Anyone, organisation_id: str, account_id: str) -> None
    user_create(*, by: SystemPrincipal, email: str, password: str | None = None, auditor: bool = False, operator: bool = False) -> User

``IssuedKey(key: ApiKey, token: str)``: ``token`` is the only time the key is seen.
"""

from vivavoce.accounts.services.keys import IssuedKey, key_create, key_revoke, key_rotate
from vivavoce.accounts.services.organisations import (
    member_add,
    member_change,
    member_remove,
    organisation_create,
    organisation_personal,
)
from vivavoce.accounts.services.users import user_create

__all__ = [
    "IssuedKey",
    "key_create",
    "key_revoke",
    "key_rotate",
    "member_add",
    "member_change",
    "member_remove",
    "organisation_create",
    "organisation_personal",
    "user_create",
]
