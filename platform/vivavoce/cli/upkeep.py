"""``vivavoce retention run``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from vivavoce.cli.output import Result


def register(commands: Any) -> None:
    """Add the subcommands."""
    actions = commands.add_parser("retention", help="erase what has lapsed").add_subparsers(
        required=True, metavar="ACTION"
    )
    run = actions.add_parser("run", help="apply the retention rules now; the worker does so every hour")
    run.add_argument("--dry-run", action="store_true", help="count, and change nothing")
    run.add_argument("--json", action="store_true", help="print JSON")
    run.set_defaults(run=retention_run)


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
