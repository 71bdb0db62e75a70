"""Grants: asked for by apps, approved by owners alone."""

from __future__ import annotations

from typing import Literal

from django.http import HttpResponse
from ninja import Router

from vivavoce.accounts.principals import AppPrincipal, need_app, need_person
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import Before, Limit, Page, ReasonIn, page
from vivavoce.api.v1.schemas.grants import GrantIn, GrantOut, GrantRenewIn
from voices import selectors, services

router = Router(tags=["grants"], auth=CREDENTIALS)
State = Literal["requested", "active", "exhausted", "expired", "revoked"]


@router.post("", response={201: GrantOut}, summary="Ask for a grant")
def create(request: ApiRequest, payload: GrantIn) -> HttpResponse:
    """By an app, in its own world. The owner sees the request and decides."""
    app = need_app(request.auth, "grants")

    def work() -> GrantOut:
        row = services.grant_request(
            organisation_id=app.organisation_id, requested_by_id=None, world=app.world, **payload.model_dump()
        )
        return GrantOut.of(row)

    return answer_once(request, app, work)


@router.get("", response=Page[GrantOut], summary="List grants")
def index(request: ApiRequest, state: State | None = None, before: Before = None, limit: Limit = 50) -> Page[GrantOut]:
    """An app's own, or those on a person's voices."""
    by = request.auth
    if isinstance(by, AppPrincipal):
        need_app(by, "grants")
        rows = selectors.grants_of_app(organisation_id=by.organisation_id, world=by.world, state=state)
    else:
        person = need_person(by, "owner")
        rows = selectors.grants_of_owner(account_id=person.account_id, state=state).filter(world=person.world)
    return page(rows, before, limit, GrantOut.of)


@router.get("/{grant_id}", response=GrantOut, summary="Read a grant")
def read(request: ApiRequest, grant_id: Identifier) -> GrantOut:
    """Scope, state and use."""
    by = request.auth
    if isinstance(by, AppPrincipal):
        need_app(by, "grants")
        row = selectors.grant_get_as_app(organisation_id=by.organisation_id, world=by.world, grant_id=grant_id)
    else:
        row = selectors.grant_get_as_owner(account_id=need_person(by, "owner").account_id, grant_id=grant_id)
    return GrantOut.of(row)


@router.post("/{grant_id}/approve", response=GrantOut, summary="Approve a grant")
def approve(request: ApiRequest, grant_id: Identifier) -> GrantOut:
    """By the voice's owner."""
    account_id = need_person(request.auth, "owner").account_id
    return GrantOut.of(services.grant_approve(account_id=account_id, grant_id=grant_id))


@router.post("/{grant_id}/refuse", response=GrantOut, summary="Refuse a grant")
def refuse(request: ApiRequest, grant_id: Identifier) -> GrantOut:
    """By the voice's owner."""
    account_id = need_person(request.auth, "owner").account_id
    return GrantOut.of(services.grant_decline(account_id=account_id, grant_id=grant_id))


@router.post("/{grant_id}/revoke", response=GrantOut, summary="Revoke or give up a grant")
def revoke(request: ApiRequest, grant_id: Identifier, payload: ReasonIn) -> GrantOut:
    """By the voice's owner (every use under it ends now), or by the app that holds it."""
    by = request.auth
    if isinstance(by, AppPrincipal):
        need_app(by, "grants")
        selectors.grant_get_as_app(organisation_id=by.organisation_id, world=by.world, grant_id=grant_id)
        return GrantOut.of(services.grant_give_up(organisation_id=by.organisation_id, grant_id=grant_id))
    account_id = need_person(by, "owner").account_id
    return GrantOut.of(services.grant_revoke(account_id=account_id, grant_id=grant_id, reason=payload.reason))


@router.post("/{grant_id}/renew", response={201: GrantOut}, summary="Ask for a grant again")
def renew(request: ApiRequest, grant_id: Identifier, payload: GrantRenewIn) -> HttpResponse:
    """A new request with the same scope, which the owner must approve again."""
    app = need_app(request.auth, "grants")
    # The lookup as this app, in this key's world; the service asks only whose grant it is.
    selectors.grant_get_as_app(organisation_id=app.organisation_id, world=app.world, grant_id=grant_id)

    def work() -> GrantOut:
        row = services.grant_renew(
            organisation_id=app.organisation_id, requested_by_id=None, grant_id=grant_id, **payload.model_dump()
        )
        return GrantOut.of(row)

    return answer_once(request, app, work)
