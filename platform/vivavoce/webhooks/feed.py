"""From the log to messages. The log is the outbox: each state change stands in it in its own transaction, in commit order and without gaps,
so that reading it from a cursor misses nothing and tells nothing that was rolled back."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from audiokit.clock import now
from safeguards.audit import tree
from safeguards.audit.models import Entry
from vivavoce.webhooks.events import TOLD, News, read
from vivavoce.webhooks.models import Delivery, Endpoint, FeedCursor, Message
from voices import jobs

BATCH = 500
SWEEP = "vivavoce.webhooks.sweep"
_TYPES = [int(event) for event in TOLD]


def nudge_on_entry(instance: Entry, **_: Any) -> None:
    """Have a worker look at once, where an entry may concern somebody's endpoint."""
    if instance.type in _TYPES and Endpoint.objects.filter(enabled=True, world=instance.world).exists():
        jobs.nudge(SWEEP)


def take_in() -> int:
    """Turn new entries into messages and deliveries; returns how many deliveries were made. One transaction per batch."""
    made = 0
    while True:
        fresh, more = _batch()
        made += fresh
        if not more:
            return made


def _batch() -> tuple[int, bool]:
    size = tree.size()
    with transaction.atomic():
        FeedCursor.objects.get_or_create(pk=1)
        cursor = FeedCursor.objects.select_for_update().get(pk=1)
        until = min(size, cursor.next_index + BATCH)
        if until <= cursor.next_index:
            return 0, False
        entries = Entry.objects.filter(index__gte=cursor.next_index, index__lt=until, type__in=_TYPES)
        made = sum(_tell(entry) for entry in entries.order_by("index"))
        cursor.next_index = until
        cursor.save(update_fields=["next_index"])
    return made, until < size


def _tell(entry: Entry) -> int:
    listening = Endpoint.objects.filter(enabled=True, world=entry.world, created_at__lte=entry.at)
    if not listening.exists():
        return 0
    found = read(entry)
    if found is None:
        return 0
    name, news = found
    return sum(_write(entry, name, item, listening) for item in news)


def _write(entry: Entry, name: str, news: News, listening: QuerySet[Endpoint]) -> int:
    endpoints = [e for e in listening.filter(organisation_id=news.organisation_id) if name in e.events]
    if not endpoints:
        return 0
    message = Message.objects.create(
        organisation_id=news.organisation_id,
        world=entry.world,
        type=name,
        payload=payload(name, entry.at.isoformat(), news.data),
        log_index=entry.index,
        created_at=now(),
    )
    Delivery.objects.bulk_create(
        Delivery(endpoint=endpoint, message=message, created_at=now()) for endpoint in endpoints
    )
    return len(endpoints)


def payload(name: str, timestamp: str, data: dict[str, object]) -> str:
    """The body: ``type``, ``timestamp``, ``data``, as Standard Webhooks recommends; well below its 20 kB."""
    return json.dumps({"type": name, "timestamp": timestamp, "data": data}, separators=(",", ":"))
