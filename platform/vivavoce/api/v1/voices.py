"""Owners and voices: the owner's side, and what an app sees of the voices it has a grant for."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router

from vivavoce.accounts.principals import AppPrincipal, PersonPrincipal, need_person, need_scope
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import Before, Limit, Page, ReasonIn, page
from vivavoce.api.v1.schemas.voices import OwnerIn, OwnerOut, RollBackIn, VoiceIn, VoiceModelOut, VoiceOut
from voices import selectors, services

owners = Router(tags=["owners"], auth=CREDENTIALS)
router = Router(tags=["voices"], auth=CREDENTIALS)


def _owner(request: ApiRequest) -> PersonPrincipal:
    return need_person(request.auth, "owner")


@owners.post("", response={201: OwnerOut}, summary="Become a voice owner")
def create_owner(request: ApiRequest, payload: OwnerIn) -> HttpResponse:
    """One profile per account and world; in the sandbox the person is a synthetic one."""
    person = _owner(request)

    def work() -> OwnerOut:
        row = services.owner_register(
            account_id=person.account_id, world=person.world, name=payload.name, language=payload.language
        )
        return OwnerOut.of(row)

    return answer_once(request, person, work)


@owners.get("", response=Page[OwnerOut], summary="List your owner profiles")
def list_owners(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[OwnerOut]:
    """Of this world."""
    person = _owner(request)
    rows = selectors.owners_of(account_id=person.account_id, world=person.world)
    return page(rows, before, limit, OwnerOut.of)


@owners.get("/{owner_id}", response=OwnerOut, summary="Read an owner profile")
def read_owner(request: ApiRequest, owner_id: Identifier) -> OwnerOut:
    """Your own."""
    return OwnerOut.of(selectors.owner_get(account_id=_owner(request).account_id, owner_id=owner_id))


@owners.delete("/{owner_id}", response=OwnerOut, summary="Erase an owner")
def erase_owner(request: ApiRequest, owner_id: Identifier) -> OwnerOut:
    """Destroys the owner's data key: recordings, models and clips of every voice are gone for good. The log keeps its proofs."""
    return OwnerOut.of(services.owner_erase(account_id=_owner(request).account_id, owner_id=owner_id))


@router.post("", response={201: VoiceOut}, summary="Create a voice")
def create(request: ApiRequest, payload: VoiceIn) -> HttpResponse:
    """It stays pending until consent and enrolment have been accepted."""
    person = _owner(request)

    def work() -> VoiceOut:
        row = services.voice_create(
            account_id=person.account_id,
            owner_id=payload.owner_id,
            label=payload.label,
            language=payload.language,
            engine=payload.engine,
        )
        return VoiceOut.of_owner(row)

    return answer_once(request, person, work)


@router.get("", response=Page[VoiceOut], summary="List voices")
def index(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[VoiceOut]:
    """A person's own voices, or those an app has a live grant for."""
    by = request.auth
    if isinstance(by, AppPrincipal):
        need_scope(by, "voices")
        rows = selectors.voices_of_app(organisation_id=by.organisation_id, world=by.world)
        return page(rows, before, limit, VoiceOut.of_app)
    person = _owner(request)
    return page(selectors.voices_of(account_id=person.account_id, world=person.world), before, limit, VoiceOut.of_owner)


@router.get("/{voice_id}", response=VoiceOut, summary="Read a voice")
def read(request: ApiRequest, voice_id: Identifier) -> VoiceOut:
    """Your own, or one your organisation has a live grant for."""
    by = request.auth
    if isinstance(by, AppPrincipal):
        need_scope(by, "voices")
        row = selectors.voice_get_as_app(organisation_id=by.organisation_id, world=by.world, voice_id=voice_id)
        return VoiceOut.of_app(row)
    return VoiceOut.of_owner(selectors.voice_get(account_id=_owner(request).account_id, voice_id=voice_id))


@router.get("/{voice_id}/models", response=Page[VoiceModelOut], summary="List a voice's models")
def models(request: ApiRequest, voice_id: Identifier, before: Before = None, limit: Limit = 50) -> Page[VoiceModelOut]:
    """Its trained versions."""
    rows = selectors.voice_models_of(account_id=_owner(request).account_id, voice_id=voice_id)
    return page(rows, before, limit, VoiceModelOut.of)


@router.post("/{voice_id}/roll-back", response=VoiceOut, summary="Make an earlier model active")
def roll_back(request: ApiRequest, voice_id: Identifier, payload: RollBackIn) -> VoiceOut:
    """Models are immutable; this only chooses one."""
    account_id = _owner(request).account_id
    row = services.voice_model_roll_back(account_id=account_id, voice_id=voice_id, version=payload.version)
    return VoiceOut.of_owner(row)


@router.post("/{voice_id}/suspend", response=VoiceOut, summary="Suspend a voice")
def suspend(request: ApiRequest, voice_id: Identifier, payload: ReasonIn) -> VoiceOut:
    """Nothing is spoken or delivered until it is resumed."""
    account_id = _owner(request).account_id
    return VoiceOut.of_owner(services.voice_suspend(account_id=account_id, voice_id=voice_id, reason=payload.reason))


@router.post("/{voice_id}/resume", response=VoiceOut, summary="Resume a suspended voice")
def resume(request: ApiRequest, voice_id: Identifier) -> VoiceOut:
    """Undoes a suspension."""
    return VoiceOut.of_owner(services.voice_resume(account_id=_owner(request).account_id, voice_id=voice_id))


@router.post("/{voice_id}/revoke", response=VoiceOut, summary="Revoke a voice")
def revoke(request: ApiRequest, voice_id: Identifier, payload: ReasonIn) -> VoiceOut:
    """Final: every use ends now, also of what is being made at this moment."""
    account_id = _owner(request).account_id
    return VoiceOut.of_owner(services.voice_revoke(account_id=account_id, voice_id=voice_id, reason=payload.reason))


@router.delete("/{voice_id}", response=VoiceOut, summary="Erase a revoked voice")
def erase(request: ApiRequest, voice_id: Identifier) -> VoiceOut:
    """Its recordings, models and clips are gone for good. The log keeps its proofs."""
    return VoiceOut.of_owner(services.voice_erase(account_id=_owner(request).account_id, voice_id=voice_id))
