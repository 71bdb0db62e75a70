"""Which keys are in use, by their public names, and handing over to new ones. No secret is read here that the process does not need anyway,
and none is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min

from safeguards import vault
from safeguards.audit import log, logkeys
from safeguards.audit.checkpoints import log_key_rotate
from safeguards.audit.events import EventType
from safeguards.audit.models import Checkpoint, LogKey
from safeguards.vault import kek
from safeguards.vault.models import DataKey
from synthesis.models import Clip
from voices import jobs
from voices.errors import Conflict
from voices.selectors import operator_check


@dataclass(frozen=True, slots=True)
class LogKeyView:
    """A key of the log; ``signs`` for the present one."""

    key_id: str
    vkey: str
    from_size: int
    added_at: datetime
    signs: bool


@dataclass(frozen=True, slots=True)
class WrappingKey:
    """A key-encryption key and how many live data keys it wraps; ``configured`` where this process holds it, ``current`` for new ones."""

    key_id: str
    data_keys: int
    configured: bool
    current: bool


@dataclass(frozen=True, slots=True)
class MarkKey:
    """A watermark key by the clips that were numbered under it."""

    key_id: str
    clips: int
    first_at: datetime
    last_at: datetime
    current: bool


def log_keys() -> list[LogKeyView]:
    """Oldest first."""
    rows = list(LogKey.objects.order_by("id"))
    return [LogKeyView(row.vkey.split("+")[1], row.vkey, row.from_size, row.added_at, row is rows[-1]) for row in rows]


def log_key_waiting() -> str | None:
    """Id of a new signing key that stands first in the configuration and has not begun; None when there is nothing to hand over to."""
    configured = logkeys.configured()
    if not configured or not LogKey.objects.exists():
        return None
    first = logkeys.note_key(configured[0])
    return None if LogKey.objects.filter(vkey=str(first)).exists() else first.key_id.hex()


def log_key_hand_over(*, operator_id: str) -> Checkpoint:
    """Sign the checkpoint at which the waiting key takes over, under both keys.

    Raises:
        NotFound: the account is no operator.
        Conflict: ``no_key_waiting``.
    """
    operator_check(operator_id=operator_id)
    if log_key_waiting() is None:
        raise Conflict("no_key_waiting", "No new signing key is configured; put one in front of the present one first.")
    return log_key_rotate(actor=f"account:{operator_id}")


def wrapping_keys() -> list[WrappingKey]:
    """Current first, then the other configured ones, then those that rows still name and nobody holds."""
    counts = dict(
        DataKey.objects.filter(destroyed_at__isnull=True).values_list("kek_id").annotate(Count("pk")).order_by()
    )
    held = [key.id for key in kek.configured()]
    missing = sorted(set(counts) - set(held))
    return [
        WrappingKey(key_id, counts.get(key_id, 0), key_id in held, place == 0 and bool(held))
        for place, key_id in enumerate([*held, *missing])
    ]


def rewrap_ask(*, operator_id: str) -> None:
    """Have a worker move every data key to the current key-encryption key.

    Raises:
        NotFound: the account is no operator.
        Conflict: ``nothing_to_rewrap``.
    """
    operator_check(operator_id=operator_id)
    if not any(key.data_keys for key in wrapping_keys() if not key.current):
        raise Conflict("nothing_to_rewrap", "Every data key is wrapped under the current key already.")
    with transaction.atomic():
        jobs.nudge("vivavoce.rewrap", operator_id)


def rewrap(operator_id: str) -> int:
    """Move what is left; beginning again after a crash goes on where it stopped. Returns how many moved."""
    moved = vault.rewrap()
    if moved:
        with transaction.atomic():
            log.append(
                EventType.KEK_ROTATED,
                actor=f"account:{operator_id}",
                subject=f"kek:{kek.current().id}",
                body={"data_keys": moved},
            )
    return moved


def mark_keys() -> list[MarkKey]:
    """Watermark keys that clips were marked with, newest use first. The keys themselves are held by egress and analysis alone."""
    rows = (
        Clip.objects.values("watermark_key_id")
        .annotate(clips=Count("pk"), first_at=Min("released_at"), last_at=Max("released_at"))
        .order_by("-last_at")
    )
    return [
        MarkKey(row["watermark_key_id"], row["clips"], row["first_at"], row["last_at"], place == 0)
        for place, row in enumerate(rows)
    ]
