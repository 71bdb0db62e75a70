"""Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The console."""

    name = "vivavoce.web"
