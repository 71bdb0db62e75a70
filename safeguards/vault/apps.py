"""Django app of the vault."""

from __future__ import annotations

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Holds the table of wrapped data keys."""

    name = "safeguards.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"
