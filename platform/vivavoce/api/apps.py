"""Django application."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """See the package's docstring."""

    name = "vivavoce.api"
