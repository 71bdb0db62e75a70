"""Accounts made at the machine; people sign up for themselves in the console."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from safeguards.audit import log
from safeguards.audit.events import EventType
from vivavoce.accounts.errors import Conflict, Invalid
from vivavoce.accounts.models import User
from vivavoce.accounts.principals import SystemPrincipal


def user_create(
    *, by: SystemPrincipal, email: str, password: str | None = None, auditor: bool = False, operator: bool = False
) -> User:
    """Make an account, with the roles that only the operator gives.

    Raises:
        Invalid: ``email_invalid``.
        Conflict: ``account_exists``.
    """
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("email_invalid", "This is not an e-mail address.") from error
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, is_auditor=auditor, is_operator=operator)
            log.append(
                EventType.ACCOUNT_CREATED,
                actor=by.actor,
                subject=f"account:{user.pk}",
                body={"auditor": auditor, "operator": operator},
            )
    except IntegrityError as error:
        raise Conflict("account_exists", "There is an account with this address already.") from error
    return user
