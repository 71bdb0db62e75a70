"""What an owner may see: profiles, voices, their models, and the grants on them."""

from __future__ import annotations

from django.db.models import QuerySet

from safeguards import vault
from voices.models import Grant, Owner, Voice, VoiceModel
from voices.selectors.lookup import one

NAME_CONTEXT = "voices.owner.name"


def owners_of(*, account_id: str, world: str | None = None) -> QuerySet[Owner]:
    """The account's own profiles, at most one per world; erased ones are left out."""
    rows = Owner.objects.filter(account_id=account_id, erased_at=None).order_by("created_at")
    return rows if world is None else rows.filter(world=world)


def owner_get(*, account_id: str, owner_id: str) -> Owner:
    """One profile, an erased one as well.

    Raises:
        NotFound: no such profile, or a stranger's.
    """
    return one(Owner.objects.filter(account_id=account_id), owner_id)


def owner_name(*, owner: Owner) -> str:
    """The owner's name, empty once erased. The caller has looked the owner up."""
    if owner.erased_at is not None:
        return ""
    return vault.open(owner.data_key_id, bytes(owner.name_sealed), context=NAME_CONTEXT).decode()


def voices_of(*, account_id: str, world: str | None = None) -> QuerySet[Voice]:
    """The account's voices, newest first, ended ones included."""
    rows = Voice.objects.filter(owner__account_id=account_id).select_related("owner").order_by("-created_at")
    return rows if world is None else rows.filter(world=world)


def voice_get(*, account_id: str, voice_id: str) -> Voice:
    """One voice of the account.

    Raises:
        NotFound: no such voice, or a stranger's.
    """
    return one(voices_of(account_id=account_id), voice_id)


def voice_data_key_id(*, voice: Voice) -> str:
    """The data key that seals what is made of this voice: the owner's, or the actor's own."""
    if voice.owner is None:
        return str(voice.data_key_id)
    return str(voice.owner.data_key_id)


def voice_models_of(*, account_id: str, voice_id: str) -> QuerySet[VoiceModel]:
    """All versions of a voice's model, newest first.

    Raises:
        NotFound: no such voice, or a stranger's.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    return VoiceModel.objects.filter(voice=voice).order_by("-version")


def voice_model_bytes(*, model: VoiceModel) -> bytes:
    """The model as it was trained. For workers that hold a permit.

    Raises:
        VaultError: erased, or altered.
    """
    return vault.blobs.get(model.blob, voice_data_key_id(voice=model.voice))


def voice_model_weights(*, model: VoiceModel) -> bytes:
    """The voice's own weights, where it has any. For workers that hold a permit.

    Raises:
        VaultError: there are none, erased, or altered.
    """
    return vault.blobs.get(model.weights_blob, voice_data_key_id(voice=model.voice))


def grants_of_owner(*, account_id: str, state: str | None = None) -> QuerySet[Grant]:
    """Grants asked for or given on the account's voices, newest first."""
    rows = Grant.objects.filter(voice__owner__account_id=account_id).select_related("voice", "organisation")
    rows = rows.order_by("-created_at")
    return rows if state is None else rows.filter(state=state)


def grant_get_as_owner(*, account_id: str, grant_id: str) -> Grant:
    """One grant on a voice of the account.

    Raises:
        NotFound: no such grant, or on a stranger's voice.
    """
    return one(grants_of_owner(account_id=account_id), grant_id)
