"""Django app of the audit log."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Holds the entries, the tree's nodes, the checkpoints and the log's keys."""

    name = "safeguards.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
