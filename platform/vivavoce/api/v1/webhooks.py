"""Webhook endpoints of an app, and the log of their deliveries."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router, Status

from vivavoce.accounts.principals import need_app
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import Before, Limit, Page, page
from vivavoce.api.v1.schemas.webhooks import (
    DeliveryOut,
    EndpointChangeIn,
    EndpointIn,
    EndpointOut,
    IssuedEndpointOut,
)
from vivavoce.webhooks import services

router = Router(tags=["webhooks"], auth=CREDENTIALS)


@router.post("", response={201: IssuedEndpointOut}, summary="Add a webhook endpoint")
def create(request: ApiRequest, payload: EndpointIn) -> HttpResponse:
    """The signing secret is in the answer, and nowhere else."""
    app = need_app(request.auth, "webhooks")

    def work() -> IssuedEndpointOut:
        return IssuedEndpointOut.issued(services.endpoint_add(app=app, url=payload.url, types=payload.events))

    return answer_once(request, app, work)


@router.get("", response=Page[EndpointOut], summary="List webhook endpoints")
def index(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[EndpointOut]:
    """Of this key's world."""
    app = need_app(request.auth, "webhooks")
    return page(services.endpoints_of(app=app), before, limit, EndpointOut.of)


@router.get("/{endpoint_id}", response=EndpointOut, summary="Read a webhook endpoint")
def read(request: ApiRequest, endpoint_id: Identifier) -> EndpointOut:
    """Without its secret."""
    app = need_app(request.auth, "webhooks")
    return EndpointOut.of(services.endpoint_get(app=app, endpoint_id=endpoint_id))


@router.patch("/{endpoint_id}", response=EndpointOut, summary="Change a webhook endpoint")
def change(request: ApiRequest, endpoint_id: Identifier, payload: EndpointChangeIn) -> EndpointOut:
    """Other events, or off and on."""
    app = need_app(request.auth, "webhooks")
    row = services.endpoint_change(app=app, endpoint_id=endpoint_id, types=payload.events, enabled=payload.enabled)
    return EndpointOut.of(row)


@router.delete("/{endpoint_id}", response={204: None}, summary="Remove a webhook endpoint")
def remove(request: ApiRequest, endpoint_id: Identifier) -> Status[None]:
    """With its secret and its delivery log."""
    services.endpoint_remove(app=need_app(request.auth, "webhooks"), endpoint_id=endpoint_id)
    return Status(204, None)


@router.post("/{endpoint_id}/rotate-secret", response={201: IssuedEndpointOut}, summary="Rotate a signing secret")
def rotate(request: ApiRequest, endpoint_id: Identifier) -> HttpResponse:
    """For a day each message carries both signatures."""
    app = need_app(request.auth, "webhooks")

    def work() -> IssuedEndpointOut:
        return IssuedEndpointOut.issued(services.secret_rotate(app=app, endpoint_id=endpoint_id))

    return answer_once(request, app, work)


@router.post("/{endpoint_id}/test", response={202: DeliveryOut}, summary="Send a test message")
def test(request: ApiRequest, endpoint_id: Identifier) -> HttpResponse:
    """Of the type ``webhook.test``."""
    app = need_app(request.auth, "webhooks")

    def work() -> DeliveryOut:
        return DeliveryOut.of(services.test_send(app=app, endpoint_id=endpoint_id))

    return answer_once(request, app, work, status=202)


@router.get("/{endpoint_id}/deliveries", response=Page[DeliveryOut], summary="List deliveries")
def deliveries(
    request: ApiRequest, endpoint_id: Identifier, before: Before = None, limit: Limit = 50
) -> Page[DeliveryOut]:
    """With each try and what it met."""
    endpoint = services.endpoint_get(app=need_app(request.auth, "webhooks"), endpoint_id=endpoint_id)
    return page(services.deliveries_of(endpoint=endpoint), before, limit, DeliveryOut.of)


@router.post("/{endpoint_id}/deliveries/{delivery_id}/replay", response={202: DeliveryOut}, summary="Deliver again")
def replay(request: ApiRequest, endpoint_id: Identifier, delivery_id: Identifier) -> HttpResponse:
    """The same message with the same ``webhook-id``."""
    app = need_app(request.auth, "webhooks")

    def work() -> DeliveryOut:
        row = services.delivery_replay(app=app, endpoint_id=endpoint_id, delivery_id=delivery_id)
        return DeliveryOut.of(row)

    return answer_once(request, app, work, status=202)
