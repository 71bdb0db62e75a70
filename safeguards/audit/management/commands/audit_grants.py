"""``manage.py audit_grants --app ROLE [--apply]``: leave the application INSERT and SELECT on the log, and no more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from safeguards.audit import grants


class Command(BaseCommand):
    """Run it as the owner of the tables, after each migration."""

    help = "Print the SQL that splits database roles for the audit log (PostgreSQL); --apply runs it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Roles and whether to apply."""
        parser.add_argument("--app", required=True, help="login role of web and workers")
        parser.add_argument("--audit", default="vivavoce_audit", help="group role that may read and extend the log")
        parser.add_argument("--apply", action="store_true", help="run the statements in one transaction")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print or run."""
        statements = grants.statements(app=options["app"], audit=options["audit"])
        if not options["apply"]:
            self.stdout.write(";\n".join(statements) + ";")
            return
        if connection.vendor != "postgresql":
            raise CommandError("only PostgreSQL has roles to split; on SQLite protect the file")
        with transaction.atomic(), connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
        self.stdout.write(
            f"{len(statements)} statements applied: {options['app']} may read and extend the log, no more."
        )
