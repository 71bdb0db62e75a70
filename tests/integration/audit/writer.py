"""One writer among several: ``python -m tests.integration.audit.writer NAME COUNT``; starts when the file ``go`` exists.

Every fifth transaction appends and is rolled back. Every writer also signs whenever a checkpoint is due.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import django


class RolledBack(Exception):
    """Ends a transaction without a commit."""


def write(name: str, count: int) -> None:
    """Append ``count`` entries that stay, and some that do not."""
    from django.db import transaction

    from safeguards.audit import checkpoints, log
    from safeguards.audit.events import EventType

    for number in range(count):
        if number % 5 == 4:
            try:
                with transaction.atomic():
                    log.append(EventType.CHALLENGE_FAILED, actor=f"worker:{name}", subject="challenge:gone")
                    raise RolledBack
            except RolledBack:
                pass
        with transaction.atomic():
            log.append(
                EventType.CHALLENGE_ISSUED,
                actor=f"worker:{name}",
                subject=f"challenge:{name}-{number}",
                body={"n": number},
            )
        if checkpoints.checkpoint_due():
            checkpoints.checkpoint_create()


def main() -> None:
    """Wait for the start, then write."""
    django.setup()
    from django.conf import settings
    from django.db import connection

    connection.ensure_connection()
    home: Path = settings.HOME
    (home / f"ready-{sys.argv[1]}").touch()
    while not (home / "go").exists():
        time.sleep(0.005)
    write(sys.argv[1], int(sys.argv[2]))


if __name__ == "__main__":
    main()
