"""Django application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations, API keys."""

    name = "vivavoce.accounts"
    label = "accounts"
