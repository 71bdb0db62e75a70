"""Is everything as it should be? Each check answers for itself, from rows and files; nothing here waits for another machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from celery import current_app
from django.conf import settings
from django.db import connection

from audiokit.clock import now
from safeguards.audit import logkeys, tree, triggers
from safeguards.audit.checkpoints import checkpoint_latest
from safeguards.audit.logkeys import LogKeyMissing
from safeguards.audit.models import Entry
from vivavoce.operations.queues import queues
from vivavoce.webhooks.models import Endpoint

LATE: Final = timedelta(minutes=5)  # work waits this long only when nobody takes it
_PING_SECONDS: Final = 1.0


class Level(StrEnum):
    """How it stands."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: ``name`` and ``level`` are codes, ``values`` fill the sentence that the interface has for them."""

    name: str
    level: Level
    values: dict[str, str | int]


def checks() -> list[Check]:
    """All that rows can answer."""
    return [_log_signed(), _log_guarded(), _log_key(), _queues(), _webhooks()]


def workers() -> list[tuple[str, list[str]]]:
    """Names of the workers that answer within a second, each with its queues; empty when none does or the broker is away."""
    try:
        found = current_app.control.inspect(timeout=_PING_SECONDS).active_queues()
    except Exception:  # noqa: BLE001 - whatever a broker raises means that nobody answered
        found = None
    return sorted((name, sorted(queue["name"] for queue in served)) for name, served in (found or {}).items())


def _log_signed() -> Check:
    size, latest = tree.size(), checkpoint_latest()
    unsigned = size - (latest.size if latest else 0)
    first = Entry.objects.filter(index__gte=latest.size if latest else 0).order_by("index").first()
    late = first is not None and now() - first.at > LATE
    return Check("log_signed", Level.BAD if late else Level.GOOD, {"entries": size, "unsigned": unsigned})


def _log_guarded() -> Check:
    missing = len(triggers.missing(connection))
    return Check("log_guarded", Level.BAD if missing else Level.GOOD, {"missing": missing})


def _log_key() -> Check:
    if not settings.VIVAVOCE_LOG_SIGNING_KEYS:
        return Check("log_key", Level.WARN, {"key": ""})
    published = logkeys.published()
    if not published:
        return Check("log_key", Level.GOOD, {"key": ""})
    try:
        key = logkeys.note_key(logkeys.active()).key_id.hex()
    except LogKeyMissing:
        return Check("log_key", Level.BAD, {"key": published[-1][0].key_id.hex()})
    return Check("log_key", Level.GOOD, {"key": key})


def _queues() -> Check:
    found = queues()
    oldest = max((queue.oldest_seconds for queue in found), default=0.0)
    overdue = sum(queue.overdue for queue in found)
    late = oldest > LATE.total_seconds() or overdue
    return Check(
        "queues",
        Level.BAD if late else Level.GOOD,
        {"waiting": sum(queue.pending for queue in found), "oldest": round(oldest), "overdue": overdue},
    )


def _webhooks() -> Check:
    failing = Endpoint.objects.exclude(failing_since=None).count()
    return Check("webhooks", Level.WARN if failing else Level.GOOD, {"failing": failing})
