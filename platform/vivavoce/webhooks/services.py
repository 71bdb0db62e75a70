"""What an organisation can do with its endpoints. Keyword-only; one call is one transaction with its audit entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from audiokit.clock import now
from safeguards import vault
from safeguards.audit import log
from safeguards.audit.events import EventType
from vivavoce.accounts.errors import Conflict, Invalid, NotFound
from vivavoce.accounts.principals import AppPrincipal
from vivavoce.webhooks import events, feed, guard, secrets
from vivavoce.webhooks.models import Delivery, Endpoint, Message
from voices import jobs
from voices.models.jobs import JobState

MAX_ENDPOINTS = 20
OVERLAP = timedelta(hours=24)
DELIVER = "vivavoce.webhooks.deliver"


@dataclass(frozen=True, slots=True)
class IssuedEndpoint:
    """An endpoint with a new secret, which is seen only here."""

    endpoint: Endpoint
    secret: str = field(repr=False)


def endpoints_of(*, app: AppPrincipal) -> QuerySet[Endpoint]:
    """The organisation's, in the key's world."""
    return Endpoint.objects.filter(organisation_id=app.organisation_id, world=app.world)


def endpoint_get(*, app: AppPrincipal, endpoint_id: str) -> Endpoint:
    """One of them.

    Raises:
        NotFound: otherwise.
    """
    found = endpoints_of(app=app).filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound
    return found


def deliveries_of(*, endpoint: Endpoint) -> QuerySet[Delivery]:
    """The delivery log of an endpoint that the caller has looked up."""
    return Delivery.objects.filter(endpoint=endpoint).select_related("message").prefetch_related("tries")


def endpoint_add(
    *, app: AppPrincipal, url: str, types: Sequence[str], resolver: guard.Resolver = guard.system_resolver
) -> IssuedEndpoint:
    """Have events delivered to ``url``. Its address is checked now, and again at each delivery.

    Raises:
        Invalid: ``event_unknown``, ``events_empty``, or a code of ``guard.TargetRefused``.
        Conflict: ``too_many_endpoints``.
    """
    wanted = _checked(types)
    try:
        guard.resolve(guard.parse(url), resolver)
    except guard.TargetRefused as refused:
        raise Invalid(refused.code, refused.sentence) from refused
    secret = secrets.new()
    with transaction.atomic():
        if endpoints_of(app=app).count() >= MAX_ENDPOINTS:
            raise Conflict("too_many_endpoints", f"There are {MAX_ENDPOINTS} endpoints already; remove one first.")
        endpoint = Endpoint(
            organisation_id=app.organisation_id,
            world=app.world,
            url=url,
            events=wanted,
            data_key=vault.keys.create(),
            created_at=now(),
        )
        endpoint.secret_sealed = secrets.seal(endpoint, secret)
        endpoint.save(force_insert=True)
        _record(EventType.WEBHOOK_ENDPOINT_ADDED, app, endpoint)
    return IssuedEndpoint(endpoint, secret)


def endpoint_remove(*, app: AppPrincipal, endpoint_id: str) -> None:
    """Forget an endpoint, its secret and its delivery log.

    Raises:
        NotFound: not this organisation's.
    """
    endpoint = endpoint_get(app=app, endpoint_id=endpoint_id)
    with transaction.atomic():
        data_key_id = endpoint.data_key_id
        _, gone = Endpoint.objects.filter(pk=endpoint.pk).delete()
        if not gone:
            raise NotFound
        vault.keys.destroy(data_key_id)
        _record(EventType.WEBHOOK_ENDPOINT_REMOVED, app, endpoint)


def secret_rotate(*, app: AppPrincipal, endpoint_id: str) -> IssuedEndpoint:
    """A new secret; for a day each message carries the old one's signature as well.

    Raises:
        NotFound: not this organisation's.
    """
    endpoint = endpoint_get(app=app, endpoint_id=endpoint_id)
    secret = secrets.new()
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        endpoint.old_secret_sealed = endpoint.secret_sealed
        endpoint.old_secret_until = now() + OVERLAP
        endpoint.secret_sealed = secrets.seal(endpoint, secret)
        endpoint.save(update_fields=["old_secret_sealed", "old_secret_until", "secret_sealed"])
        _record(EventType.WEBHOOK_SECRET_ROTATED, app, endpoint)
    return IssuedEndpoint(endpoint, secret)


def endpoint_change(
    *, app: AppPrincipal, endpoint_id: str, types: Sequence[str] | None = None, enabled: bool | None = None
) -> Endpoint:
    """Choose other events, or switch delivery off or on again. What was cancelled meanwhile stays cancelled; replay it.

    Raises:
        NotFound: not this organisation's.
        Invalid: ``event_unknown``, ``events_empty``.
    """
    endpoint = endpoint_get(app=app, endpoint_id=endpoint_id)
    if types is not None:
        endpoint.events = _checked(types)
    if enabled is not None:
        endpoint.enabled = enabled
        endpoint.disabled_reason = "" if enabled else "by_app"
        endpoint.failing_since = None
    endpoint.save(update_fields=["events", "enabled", "disabled_reason", "failing_since"])
    return endpoint


def test_send(*, app: AppPrincipal, endpoint_id: str) -> Delivery:
    """A test message to this endpoint.

    Raises:
        NotFound: not this organisation's.
        Conflict: ``endpoint_disabled``.
    """
    endpoint = _enabled(app, endpoint_id)
    with transaction.atomic():
        moment = now()
        message = Message.objects.create(
            organisation_id=app.organisation_id,
            world=app.world,
            type=events.TEST,
            payload=feed.payload(events.TEST, moment.isoformat(), {"endpoint_id": endpoint.pk}),
            created_at=moment,
        )
        delivery = Delivery.objects.create(endpoint=endpoint, message=message, created_at=moment)
        jobs.nudge(DELIVER, delivery.pk)
    return delivery


def delivery_replay(*, app: AppPrincipal, endpoint_id: str, delivery_id: str) -> Delivery:
    """Deliver the same message again, with the same ``webhook-id``.

    Raises:
        NotFound: not this organisation's.
        Conflict: ``endpoint_disabled``, ``delivery_open``.
    """
    endpoint = _enabled(app, endpoint_id)
    old = deliveries_of(endpoint=endpoint).filter(pk=delivery_id).first()
    if old is None:
        raise NotFound
    if old.state in {JobState.PENDING, JobState.LEASED}:
        raise Conflict("delivery_open", "This delivery is still being tried.")
    with transaction.atomic():
        delivery = Delivery.objects.create(endpoint=endpoint, message=old.message, created_at=now())
        jobs.nudge(DELIVER, delivery.pk)
    return delivery


def _enabled(app: AppPrincipal, endpoint_id: str) -> Endpoint:
    endpoint = endpoint_get(app=app, endpoint_id=endpoint_id)
    if not endpoint.enabled:
        raise Conflict("endpoint_disabled", "This endpoint is switched off; switch it on first.")
    return endpoint


def _checked(types: Sequence[str]) -> list[str]:
    wanted = sorted(set(types))
    if not wanted:
        raise Invalid("events_empty", "Name at least one event.")
    unknown = [name for name in wanted if name not in events.TYPES]
    if unknown:
        raise Invalid("event_unknown", f"There is no event {unknown[0][:40]!r}; there are {', '.join(events.TYPES)}.")
    return wanted


def _record(event: EventType, app: AppPrincipal, endpoint: Endpoint) -> None:
    log.append(event, actor=app.actor, subject=f"webhook:{endpoint.pk}", world=endpoint.world)
