"""Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """See the package's docstring."""

    name = "vivavoce.web"
