"""Webhook endpoints and deliveries."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from vivavoce.api.v1.schemas.base import In, Moment, Out, Words
from vivavoce.webhooks.models import Delivery, Endpoint
from vivavoce.webhooks.services import IssuedEndpoint


class EndpointIn(In):
    """Where to deliver which events."""

    url: str = Field(min_length=1, max_length=500, description="https, at a public address.")
    events: Words


class EndpointChangeIn(In):
    """What to change; members left out stay."""

    events: Words | None = None
    enabled: bool | None = None


class EndpointOut(Out):
    """An endpoint without its secret."""

    id: str
    world: str
    url: str
    events: list[str]
    enabled: bool
    disabled_reason: str
    failing_since: Moment | None
    created_at: Moment

    @classmethod
    def of(cls, row: Endpoint) -> EndpointOut:
        """From its row."""
        return cls(**_columns(row))


class IssuedEndpointOut(EndpointOut):
    """An endpoint with its new secret, shown now and never again."""

    secret: str

    @classmethod
    def issued(cls, issued: IssuedEndpoint) -> IssuedEndpointOut:
        """From what the service returns."""
        return cls(secret=issued.secret, **_columns(issued.endpoint))


class AttemptOut(Out):
    """One try."""

    at: Moment
    milliseconds: int
    status: int | None
    error_code: str


class DeliveryOut(Out):
    """One message on its way to one endpoint."""

    id: str
    message_id: str
    type: str
    state: str
    payload: dict[str, Any]
    attempts: list[AttemptOut]
    next_at: Moment | None
    created_at: Moment

    @classmethod
    def of(cls, row: Delivery) -> DeliveryOut:
        """From its row."""
        tries = sorted(row.tries.all(), key=lambda attempt: attempt.pk)
        return cls(
            id=row.pk,
            message_id=row.message_id,
            type=row.message.type,
            state=row.state,
            payload=json.loads(row.message.payload),
            attempts=[
                AttemptOut(at=t.at, milliseconds=t.milliseconds, status=t.status, error_code=t.error_code)
                for t in tries
            ],
            next_at=row.not_before if row.state == "pending" else None,
            created_at=row.created_at,
        )


def _columns(row: Endpoint) -> dict[str, Any]:
    return {
        "id": row.pk,
        "world": row.world,
        "url": row.url,
        "events": row.events,
        "enabled": row.enabled,
        "disabled_reason": row.disabled_reason,
        "failing_since": row.failing_since,
        "created_at": row.created_at,
    }
