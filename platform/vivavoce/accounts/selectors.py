"""Lookups of this room; each is the permission check, and the only way to the row."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from vivavoce.accounts.errors import NotFound
from vivavoce.accounts.models import ApiKey, Membership, Organisation, User
from vivavoce.accounts.principals import Anyone, AppPrincipal, PersonPrincipal, SystemPrincipal


def organisations_of(*, person: PersonPrincipal) -> QuerySet[Organisation]:
    """Those the person is a member of, newest first."""
    return Organisation.objects.filter(memberships__user_id=person.account_id).order_by("-created_at", "-pk")


def organisation_get(*, person: PersonPrincipal, organisation_id: str) -> Organisation:
    """One the person is a member of.

    Raises:
        NotFound: no such organisation, or not a member.
    """
    found = organisations_of(person=person).filter(pk=organisation_id).first()
    if found is None:
        raise NotFound
    return found


def members_of(*, organisation: Organisation) -> QuerySet[Membership]:
    """Who acts for an organisation that the caller has looked up, by address."""
    return Membership.objects.filter(organisation=organisation).select_related("user").order_by("user__email")


def is_manager(*, person: PersonPrincipal, organisation: Organisation) -> bool:
    """Whether the person handles keys, grants, endpoints and members of it."""
    return Membership.objects.filter(
        organisation=organisation, user_id=person.account_id, role=Membership.Role.MANAGER
    ).exists()


def organisation_to_manage(*, by: Anyone, organisation_id: str) -> Organisation:
    """One that the caller may change: its manager, its own key with the scope ``keys``, or the machine's operator.

    Raises:
        NotFound: otherwise.
    """
    found = Organisation.objects.filter(pk=organisation_id)
    if isinstance(by, AppPrincipal):
        found = found if by.organisation_id == organisation_id and "keys" in by.scopes else found.none()
    elif isinstance(by, PersonPrincipal):
        found = found.filter(_managed_by(by))
        found = found if "organisations" in by.scopes else found.none()
    organisation = found.first()
    if organisation is None:
        raise NotFound
    return organisation


def account_to_manage(*, by: Anyone, account_id: str) -> User:
    """The caller's own account, or any for the machine's operator.

    Raises:
        NotFound: otherwise.
    """
    mine = isinstance(by, SystemPrincipal) or (
        isinstance(by, PersonPrincipal) and by.account_id == account_id and "keys" in by.scopes
    )
    user = User.objects.filter(pk=account_id, is_active=True).first() if mine else None
    if user is None:
        raise NotFound
    return user


def keys_of(*, by: Anyone) -> QuerySet[ApiKey]:
    """All keys the caller may handle, newest first. A key without the scope ``keys`` sees itself alone."""
    keys = ApiKey.objects.order_by("-created_at", "-pk")
    if isinstance(by, SystemPrincipal):
        return keys
    itself = Q(pk=by.key_id) if by.key_id is not None else Q(pk__in=[])
    if isinstance(by, AppPrincipal):
        others = Q(organisation_id=by.organisation_id, world=by.world) if "keys" in by.scopes else Q(pk__in=[])
        return keys.filter(itself | others)
    reach = Q(pk__in=[])
    if "keys" in by.scopes:
        reach |= Q(user_id=by.account_id)
    if "organisations" in by.scopes:
        managed = Membership.objects.filter(user_id=by.account_id, role=Membership.Role.MANAGER)
        reach |= Q(organisation_id__in=managed.values("organisation_id"))
    if by.key_id is not None:
        reach &= Q(world=by.world)
    return keys.filter(itself | reach)


def key_to_manage(*, by: Anyone, key_id: str) -> ApiKey:
    """One of ``keys_of``.

    Raises:
        NotFound: otherwise.
    """
    key = keys_of(by=by).filter(pk=key_id).first()
    if key is None:
        raise NotFound
    return key


def organisation_name(organisation_id: str) -> str:
    """Shown to the owner whom it asks for a grant."""
    return Organisation.objects.values_list("name", flat=True).get(pk=organisation_id)


def _managed_by(person: PersonPrincipal) -> Q:
    return Q(memberships__user_id=person.account_id, memberships__role=Membership.Role.MANAGER)
