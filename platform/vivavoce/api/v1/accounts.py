"""Organisations and API keys."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from ninja import Router, Status

from vivavoce.accounts import selectors, services
from vivavoce.accounts.models import Membership
from vivavoce.accounts.principals import AppPrincipal, Principal, need_person, need_scope
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.problems import NOT_FOUND, Problem
from vivavoce.api.v1.schemas.accounts import (
    IssuedKeyOut,
    KeyIn,
    KeyOut,
    MemberIn,
    MemberOut,
    OrganisationIn,
    OrganisationOut,
    RotateIn,
)
from vivavoce.api.v1.schemas.base import Before, Limit, Page, page

organisations = Router(tags=["organisations"], auth=CREDENTIALS)
keys = Router(tags=["keys"], auth=CREDENTIALS)


@organisations.post("", response={201: OrganisationOut}, summary="Found an organisation")
def create(request: ApiRequest, payload: OrganisationIn) -> HttpResponse:
    """You become its first manager."""
    person = need_person(request.auth, "organisations")

    def work() -> OrganisationOut:
        return OrganisationOut.of(services.organisation_create(by=person, name=payload.name))

    return answer_once(request, person, work)


@organisations.get("", response=Page[OrganisationOut], summary="List your organisations")
def index(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[OrganisationOut]:
    """Those you are a member of."""
    person = need_person(request.auth, "organisations")
    return page(selectors.organisations_of(person=person), before, limit, OrganisationOut.of)


@organisations.get("/{organisation_id}", response=OrganisationOut, summary="Read an organisation")
def read(request: ApiRequest, organisation_id: Identifier) -> OrganisationOut:
    """One you are a member of."""
    person = need_person(request.auth, "organisations")
    return OrganisationOut.of(selectors.organisation_get(person=person, organisation_id=organisation_id))


@organisations.get("/{organisation_id}/members", response=list[MemberOut], summary="List members")
def members(request: ApiRequest, organisation_id: Identifier) -> list[MemberOut]:
    """Who acts for it."""
    person = need_person(request.auth, "organisations")
    found = selectors.organisation_get(person=person, organisation_id=organisation_id)
    rows = Membership.objects.filter(organisation=found).select_related("user").order_by("pk")
    return [MemberOut.of(row) for row in rows]


@organisations.post("/{organisation_id}/members", response={201: MemberOut}, summary="Add a member")
def add_member(request: ApiRequest, organisation_id: Identifier, payload: MemberIn) -> HttpResponse:
    """For managers."""
    person = need_person(request.auth, "organisations")

    def work() -> MemberOut:
        row = services.member_add(by=person, organisation_id=organisation_id, email=payload.email, role=payload.role)
        return MemberOut.of(row)

    return answer_once(request, person, work)


@organisations.delete("/{organisation_id}/members/{account_id}", response={204: None}, summary="Remove a member")
def remove_member(request: ApiRequest, organisation_id: Identifier, account_id: Identifier) -> Status[None]:
    """For managers; one manager stays."""
    person = need_person(request.auth, "organisations")
    services.member_remove(by=person, organisation_id=organisation_id, account_id=account_id)
    return Status(204, None)


@keys.post("", response={201: IssuedKeyOut}, summary="Create an API key")
def create_key(request: ApiRequest, payload: KeyIn) -> HttpResponse:
    """The key is in the answer, and nowhere else."""
    by = request.auth
    if not (isinstance(by, AppPrincipal) or payload.organisation_id):
        need_scope(by, "keys")
    organisation_id = payload.organisation_id or (by.organisation_id if isinstance(by, AppPrincipal) else None)
    account_id = None if isinstance(by, AppPrincipal) or organisation_id else by.account_id

    def work() -> IssuedKeyOut:
        issued = services.key_create(
            by=by,
            organisation_id=organisation_id,
            account_id=account_id,
            world=payload.world,
            name=payload.name,
            scopes=payload.scopes,
            ip_list=payload.ip_list,
            expires_at=payload.expires_at,
        )
        return IssuedKeyOut.issued(issued)

    return answer_once(request, by, work)


@keys.get("", response=Page[KeyOut], summary="List API keys")
def list_keys(request: ApiRequest, limit: Limit = 50) -> Page[KeyOut]:
    """Those that you may rotate or revoke, newest first."""
    rows = list(selectors.keys_of(by=request.auth)[:limit])
    return Page(items=[KeyOut.of(row) for row in rows], next_before=None)


@keys.get("/self", response=KeyOut, summary="Read the key in use")
def read_self(request: ApiRequest) -> KeyOut:
    """What this key is and may do."""
    return KeyOut.of(selectors.key_to_manage(by=request.auth, key_id=_own(request.auth)))


@keys.post("/self/disable", response=KeyOut, summary="Disable the key in use")
def disable_self(request: ApiRequest) -> KeyOut:
    """For whoever finds a leaked key: it ends at once, whatever its scopes."""
    return KeyOut.of(services.key_revoke(by=request.auth, key_id=_own(request.auth)))


@keys.get("/{key_id}", response=KeyOut, summary="Read an API key")
def read_key(request: ApiRequest, key_id: Identifier) -> KeyOut:
    """Without its secret, which nobody can read."""
    return KeyOut.of(selectors.key_to_manage(by=request.auth, key_id=key_id))


@keys.post("/{key_id}/rotate", response={201: IssuedKeyOut}, summary="Rotate an API key")
def rotate_key(request: ApiRequest, key_id: Identifier, payload: RotateIn) -> HttpResponse:
    """A successor with the same reach; both work during the overlap."""
    by = request.auth
    rotate = partial(services.key_rotate, by=by, key_id=key_id, overlap_seconds=payload.overlap_seconds)
    return answer_once(request, by, lambda: IssuedKeyOut.issued(rotate()))


@keys.delete("/{key_id}", response=KeyOut, summary="Revoke an API key")
def revoke_key(request: ApiRequest, key_id: Identifier) -> KeyOut:
    """It ends at once."""
    return KeyOut.of(services.key_revoke(by=request.auth, key_id=key_id))


def _own(principal: Principal) -> str:
    if principal.key_id is None:
        raise Problem(*NOT_FOUND)
    return principal.key_id
