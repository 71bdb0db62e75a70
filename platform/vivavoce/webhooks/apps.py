"""Django application."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """See the package's docstring."""

    name = "vivavoce.webhooks"
