"""Splitting database roles on PostgreSQL: the application may add to the log and read it, and nothing else.

The role that owns the tables runs migrations and is not used by any process that serves requests. Whoever is not the
owner can neither drop a trigger nor switch one off.
"""

from __future__ import annotations

from django.db import connection

from .triggers import TABLES

SEQUENCE = "audit_logkey_id_seq"


def statements(*, app: str, audit: str = "vivavoce_audit") -> list[str]:
    """SQL that makes ``audit`` the one way to the log's tables and ``app`` a member of it.

    Args:
        app: existing login role of web and workers.
        audit: group role to create; it holds SELECT and INSERT on the log's tables.
    """
    quote = connection.ops.quote_name
    app_name, audit_name = quote(app), quote(audit)
    literal = audit.replace("'", "''")
    tables = ", ".join(TABLES)
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{literal}') "  # noqa: S608 (quoted)
        f"THEN CREATE ROLE {audit_name} NOLOGIN; END IF; END $$",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {app_name}, {audit_name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app_name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app_name}",
        f"REVOKE ALL ON {tables} FROM PUBLIC, {app_name}",
        f"REVOKE ALL ON SEQUENCE {SEQUENCE} FROM PUBLIC, {app_name}",
        f"GRANT SELECT, INSERT ON {tables} TO {audit_name}",
        f"GRANT USAGE ON SEQUENCE {SEQUENCE} TO {audit_name}",
        f"GRANT {audit_name} TO {app_name}",
    ]
