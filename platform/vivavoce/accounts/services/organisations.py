"""Organisations and who acts for them."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from safeguards.audit import log
from safeguards.audit.events import EventType
from vivavoce.accounts import selectors
from vivavoce.accounts.errors import Conflict, Invalid, NotFound
from vivavoce.accounts.models import Membership, Organisation, User
from vivavoce.accounts.principals import Anyone, PersonPrincipal, SystemPrincipal

PERSONAL_NAME = "Listening to my own voice"


def organisation_create(
    *, by: PersonPrincipal | SystemPrincipal, name: str, manager_id: str | None = None
) -> Organisation:
    """Found an organisation; the person who asks becomes its first manager (from the command line: ``manager_id``).

    Raises:
        Invalid: ``name_empty``.
    """
    if not name.strip():
        raise Invalid("name_empty", "Give the organisation a name.")
    first = by.account_id if isinstance(by, PersonPrincipal) else manager_id
    with transaction.atomic():
        organisation = Organisation.objects.create(name=name.strip()[:120])
        if first is not None:
            Membership.objects.create(organisation=organisation, user_id=first, role=Membership.Role.MANAGER)
        log.append(
            EventType.ORGANISATION_CREATED,
            actor=by.actor,
            subject=f"organisation:{organisation.pk}",
            body={"manager": first},
        )
    return organisation


def organisation_personal(*, person: PersonPrincipal) -> Organisation:
    """The organisation through which a person asks for speech in voices of their own; made at the first call."""
    found = Organisation.objects.filter(personal_of_id=person.account_id).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = Organisation.objects.create(name=PERSONAL_NAME, personal_of_id=person.account_id)
            log.append(
                EventType.ORGANISATION_CREATED,
                actor=person.actor,
                subject=f"organisation:{made.pk}",
                body={"manager": None, "personal": True},
            )
    except IntegrityError:  # another tab was first
        return Organisation.objects.get(personal_of_id=person.account_id)
    return made


def member_add(*, by: Anyone, organisation_id: str, email: str, role: str) -> Membership:
    """Let a person act for the organisation.

    Raises:
        NotFound: the caller does not manage this organisation.
        Invalid: ``role_unknown``, ``account_unknown``.
        Conflict: ``member_already``.
    """
    if role not in Membership.Role.values:
        raise Invalid("role_unknown", f"The role is one of {', '.join(Membership.Role.values)}.")
    organisation = selectors.organisation_to_manage(by=by, organisation_id=organisation_id)
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise Invalid("account_unknown", "Nobody has an account with this address; ask them to sign up first.")
    try:
        with transaction.atomic():
            membership = Membership.objects.create(organisation=organisation, user=user, role=role)
            log.append(
                EventType.ORGANISATION_MEMBER_ADDED,
                actor=by.actor,
                subject=f"organisation:{organisation.pk}",
                body={"account": user.pk, "role": role},
            )
    except IntegrityError as error:
        raise Conflict("member_already", "This person is a member already.") from error
    return membership


def member_change(*, by: Anyone, organisation_id: str, account_id: str, role: str) -> Membership:
    """Give a member another role; in the log the membership ends and begins anew.

    Raises:
        NotFound: the caller does not manage this organisation, or there is no such member.
        Invalid: ``role_unknown``.
        Conflict: ``last_manager``.
    """
    if role not in Membership.Role.values:
        raise Invalid("role_unknown", f"The role is one of {', '.join(Membership.Role.values)}.")
    organisation = selectors.organisation_to_manage(by=by, organisation_id=organisation_id)
    subject = f"organisation:{organisation.pk}"
    with transaction.atomic():
        members = list(Membership.objects.select_for_update().filter(organisation=organisation))
        found = next((member for member in members if member.user_id == account_id), None)
        if found is None:
            raise NotFound
        if found.role == role:
            return found
        managers = [member for member in members if member.role == Membership.Role.MANAGER]
        if managers == [found]:
            raise Conflict("last_manager", "An organisation keeps at least one manager; name another first.")
        found.role = role
        found.save(update_fields=["role"])
        log.append(EventType.ORGANISATION_MEMBER_REMOVED, actor=by.actor, subject=subject, body={"account": account_id})
        log.append(
            EventType.ORGANISATION_MEMBER_ADDED,
            actor=by.actor,
            subject=subject,
            body={"account": account_id, "role": role},
        )
    return found


def member_remove(*, by: Anyone, organisation_id: str, account_id: str) -> None:
    """End a membership; removing somebody who is no member changes nothing.

    Raises:
        NotFound: the caller does not manage this organisation.
        Conflict: ``last_manager``.
    """
    organisation = selectors.organisation_to_manage(by=by, organisation_id=organisation_id)
    with transaction.atomic():
        members = list(Membership.objects.select_for_update().filter(organisation=organisation))
        gone = [member for member in members if member.user_id == account_id]
        if not gone:
            return
        if not any(m.role == Membership.Role.MANAGER and m.user_id != account_id for m in members):
            raise Conflict("last_manager", "An organisation keeps at least one manager; name another first.")
        gone[0].delete()
        log.append(
            EventType.ORGANISATION_MEMBER_REMOVED,
            actor=by.actor,
            subject=f"organisation:{organisation.pk}",
            body={"account": account_id},
        )
