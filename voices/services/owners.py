"""Profiles of voice owners."""

from __future__ import annotations

from django.db import IntegrityError

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from voices import consent_text
from voices.errors import Conflict, Invalid
from voices.models import Owner
from voices.selectors.owners import NAME_CONTEXT
from voices.services.journal import account, recorded
from voices.states import World

MAX_NAME = 120


def owner_register(*, account_id: str, world: str, name: str, language: str = "en") -> Owner:
    """Make the account's profile in one world, with a data key of its own.

    In the sandbox it is a synthetic person; its consents are simulated.

    Raises:
        Invalid: ``world_unknown``, ``name_unusable``, ``text_language_unknown``.
        Conflict: ``owner_exists``.
    """
    if world not in World.values:
        raise Invalid("world_unknown", "Choose the world: live or sandbox.")
    spoken = " ".join(name.split())
    if not spoken or len(spoken) > MAX_NAME or not spoken.isprintable():
        raise Invalid("name_unusable", f"Give the name as it is spoken, 1 to {MAX_NAME} characters.")
    consent_text.current_version(language)
    try:
        with recorded(actor=account(account_id), world=world) as journal:
            key = vault.keys.create()
            owner = Owner.objects.create(
                account_id=account_id,
                world=world,
                language=language,
                data_key=key,
                name_sealed=vault.seal(key.pk, spoken.encode(), context=NAME_CONTEXT),
                created_at=now(),
            )
            journal.add(EventType.OWNER_REGISTERED, f"owner:{owner.pk}", account=account(account_id))
    except IntegrityError:
        if not Owner.objects.filter(account_id=account_id, world=world, erased_at=None).exists():
            raise
        raise Conflict("owner_exists", "This account has a profile in this world already. Use that one.") from None
    return owner
