"""Django application."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations, API keys."""

    name = "vivavoce.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Make our Celery application the current one, so that a nudge sent by name reaches our broker from every process."""
        import_module("vivavoce.celery").app.set_default()
