"""Django application."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The HTTP interface below ``/v1``."""

    name = "vivavoce.api"
    label = "api"
