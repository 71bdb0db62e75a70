"""``vivavoce retention run`` and ``vivavoce secrets renew``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from vivavoce.cli.output import Failed, Result

RENEWABLE = ("log-signing", "kek", "watermark")


def register(commands: Any) -> None:
    """Add the subcommands."""
    actions = commands.add_parser("retention", help="erase what has lapsed").add_subparsers(
        required=True, metavar="ACTION"
    )
    run = actions.add_parser("run", help="apply the retention rules now; the worker does so every hour")
    run.add_argument("--dry-run", action="store_true", help="count, and change nothing")
    run.add_argument("--json", action="store_true", help="print JSON")
    run.set_defaults(run=retention_run)
    kept = commands.add_parser("secrets", help="renew secrets of the embedded shape").add_subparsers(
        required=True, metavar="ACTION"
    )
    new = kept.add_parser("renew", help="put a new secret in front of the old ones; it counts from the next start on")
    new.add_argument("name", choices=RENEWABLE)
    new.add_argument("--json", action="store_true", help="print JSON")
    new.set_defaults(run=secrets_renew)


def retention_run(options: argparse.Namespace) -> Result:
    """One pass of all rules."""
    from django.db import transaction

    from voices.services import retention_run as apply

    with transaction.atomic():
        # Blobs and data keys go only after a commit, so that what is counted here and rolled back was never touched.
        report = asdict(apply())
        transaction.set_rollback(options.dry_run)
    lines = [f"{name.replace('_', ' ')}: {count}" for name, count in report.items()]
    return Result({"dry_run": options.dry_run, **report}, lines)


def secrets_renew(options: argparse.Namespace) -> Result:
    """One new secret; the rest of the hand-over is on the console's page of keys."""
    from django.conf import settings

    from vivavoce.secrets import renew

    if not settings.EMBEDDED:
        raise Failed("at scale the secrets are yours: put the new one first in its variable or file, comma-separated")
    try:
        renew(settings.HOME / "secrets", options.name)
    except FileNotFoundError as error:
        raise Failed(f"there is no secret {options.name} yet; start the system once") from error
    return Result(
        {"renewed": options.name}, [f"{options.name}: a new secret stands first; restart, then see /operation/keys/"]
    )
