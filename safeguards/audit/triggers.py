"""Database triggers that make the log's tables append-only, for SQLite and PostgreSQL.

Both refuse UPDATE and DELETE in any form, and an entry whose index is not the next one. PostgreSQL also refuses
TRUNCATE. On SQLite ``INSERT OR REPLACE`` deletes without firing a delete trigger, so an insert over an existing row is
refused by the insert trigger.

Triggers stop programs, not owners: whoever may alter tables, or open the SQLite file, can drop them. That is what
hashes, signatures and checkpoints outside the database are for.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLES = ("audit_entry", "audit_node", "audit_checkpoint", "audit_logkey")
_KEYS = {
    "audit_entry": ('"index"',),
    "audit_node": ('"level"', '"index"'),
    "audit_checkpoint": ('"size"',),
    "audit_logkey": ('"id"',),
}
MESSAGE = "the audit log is append-only"


def _sqlite(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    same = " AND ".join(f"{key} = NEW.{key}" for key in _KEYS[table])
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (names are constants of this module)
    statements = [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}",
    ]
    if table == "audit_entry":
        statements.append(
            "CREATE TRIGGER audit_entry_no_gap BEFORE INSERT ON audit_entry "
            'WHEN NEW."index" <> (SELECT COALESCE(MAX("index") + 1, 0) FROM audit_entry) '
            "BEGIN SELECT RAISE(ABORT, 'the audit log has no gaps: the index must be the next one'); END"
        )
    return statements


def _postgresql(table: str) -> list[str]:
    statements = [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
    ]
    if table == "audit_entry":
        statements.append(
            "CREATE TRIGGER audit_entry_no_gap BEFORE INSERT ON audit_entry "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse_gap()"
        )
    return statements


_POSTGRESQL_FUNCTIONS = (
    "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    # VOLATILE (the default) so that a multi-row INSERT sees its own earlier rows.
    "CREATE OR REPLACE FUNCTION audit_refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$ "
    'BEGIN IF NEW."index" IS DISTINCT FROM (SELECT COALESCE(MAX("index") + 1, 0) FROM audit_entry) THEN '
    "RAISE EXCEPTION 'the audit log has no gaps: the index must be the next one' "
    "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
)


def statements(vendor: str) -> list[str]:
    """SQL that installs every trigger.

    Raises:
        ValueError: for a database that is neither SQLite nor PostgreSQL; the log does not run without its triggers.
    """
    if vendor == "sqlite":
        return [sql for table in TABLES for sql in _sqlite(table)]
    if vendor == "postgresql":
        return [*_POSTGRESQL_FUNCTIONS, *(sql for table in TABLES for sql in _postgresql(table))]
    raise ValueError(f"the audit log has no append-only triggers for {vendor}; use SQLite or PostgreSQL")


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers."""
    with connection.cursor() as cursor:
        for sql in statements(connection.vendor):
            cursor.execute(sql)


def names(vendor: str) -> set[str]:
    """Names of the triggers that must exist."""
    return {sql.split()[2] for sql in statements(vendor) if sql.startswith("CREATE TRIGGER")}


def missing(connection: BaseDatabaseWrapper) -> set[str]:
    """Names of triggers that should exist and do not, or are disabled: somebody lifted the guard."""
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')",
    }
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor])
        return names(connection.vendor) - {row[0] for row in cursor.fetchall()}


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers: for reversing the migration, and for tests that must empty their own database."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for sql in statements(connection.vendor):
            words = sql.split()
            if words[1] == "TRIGGER":
                place = f" ON {words[words.index('ON') + 1]}" if postgresql else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {words[2]}{place}")
        if postgresql:
            cursor.execute("DROP FUNCTION IF EXISTS audit_refuse_change()")
            cursor.execute("DROP FUNCTION IF EXISTS audit_refuse_gap()")


def install_migration(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """For ``RunPython``."""
    install(editor.connection)


def remove_migration(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """For ``RunPython``, backwards."""
    remove(editor.connection)
